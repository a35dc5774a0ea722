import { AppError } from '../../base/errors.ts';

/** A box's size counts its header: 8 bytes, or 16 when the size needs 64 bits. */
export const BOX_HEADER_BYTES = 8;
export const LARGE_BOX_HEADER_BYTES = 16;

export interface BoxHeader {
  /** Four characters. */
  readonly type: string;
  readonly headerBytes: number;
  /** With header. */
  readonly sizeBytes: number;
}

/** A box out of its contents. For boxes that are built once a segment; fragments are written in place instead. */
export function box(type: string, ...contents: readonly Buffer[]): Buffer {
  const sizeBytes = contents.reduce((sum, part) => sum + part.length, BOX_HEADER_BYTES);
  const header = Buffer.allocUnsafe(BOX_HEADER_BYTES);
  writeBoxHeader(header, 0, type, sizeBytes);
  return Buffer.concat([header, ...contents], sizeBytes);
}

/** A box that begins with a version and 24 bits of flags. */
export function fullBox(type: string, version: number, flags: number, ...contents: readonly Buffer[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...contents);
}

/** Writes the 8 bytes of an ordinary header and returns the offset after them. */
export function writeBoxHeader(target: Buffer, offset: number, type: string, sizeBytes: number): number {
  target.writeUInt32BE(sizeBytes, offset);
  target.write(type, offset + 4, 4, 'latin1');
  return offset + BOX_HEADER_BYTES;
}

/**
 * The header at `offset`, or undefined when the bytes end before it does. Size 0 ("to the end of the file") and sizes smaller than
 * the header are never written by us, so they count as damage.
 */
export function readBoxHeader(bytes: Buffer, offset: number): BoxHeader | undefined {
  if (offset + BOX_HEADER_BYTES > bytes.length) return undefined;
  const size32 = bytes.readUInt32BE(offset);
  const type = bytes.toString('latin1', offset + 4, offset + 8);
  if (size32 !== 1) {
    if (size32 < BOX_HEADER_BYTES) throw badSize(type, size32);
    return { type, headerBytes: BOX_HEADER_BYTES, sizeBytes: size32 };
  }
  if (offset + LARGE_BOX_HEADER_BYTES > bytes.length) return undefined;
  const size64 = bytes.readBigUInt64BE(offset + 8);
  if (size64 < BigInt(LARGE_BOX_HEADER_BYTES) || size64 > BigInt(Number.MAX_SAFE_INTEGER)) throw badSize(type, size64);
  return { type, headerBytes: LARGE_BOX_HEADER_BYTES, sizeBytes: Number(size64) };
}

export interface Box {
  readonly type: string;
  /** Offset of the box's header within the bytes that were read. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** A view of what follows the header. */
  readonly body: Buffer;
}

/** The boxes that fill `bytes` exactly; throws AppError `corrupt` when they do not. */
export function readBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const header = readBoxHeader(bytes, offset);
    if (header === undefined || header.sizeBytes > bytes.length - offset) {
      throw new AppError('corrupt', `MP4 box at offset ${offset} reaches beyond the ${bytes.length} bytes around it`);
    }
    const body = bytes.subarray(offset + header.headerBytes, offset + header.sizeBytes);
    boxes.push({ type: header.type, offset, sizeBytes: header.sizeBytes, body });
    offset += header.sizeBytes;
  }
  return boxes;
}

/** The first box of the type; throws AppError `corrupt` when there is none. */
export function requireBox(boxes: readonly Box[], type: string): Box {
  const found = boxes.find((candidate) => candidate.type === type);
  if (found === undefined) throw new AppError('corrupt', `MP4 box '${type}' is missing`);
  return found;
}

/** Follows a path of box types downwards: `descend(moov, 'mdia', 'minf', 'stbl')`. */
export function descend(parent: Box, ...types: readonly string[]): Box {
  return types.reduce((current, type) => requireBox(readBoxes(current.body), type), parent);
}

/** Box of our own: `uuid` with a 16-byte type, which is readable text so that a hex dump explains itself. */
export function uuidBox(userType: string, payload: Buffer): Buffer {
  return box('uuid', Buffer.from(userType, 'latin1'), payload);
}

/** Payload of the first `uuid` box of that type, or undefined. */
export function findUuid(boxes: readonly Box[], userType: string): Buffer | undefined {
  const found = boxes.find(
    (candidate) => candidate.type === 'uuid' && candidate.body.toString('latin1', 0, 16) === userType,
  );
  return found?.body.subarray(16);
}

export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

export function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 2);
  values.forEach((value, i) => {
    bytes.writeUInt16BE(value, i * 2);
  });
  return bytes;
}

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value, i * 4);
  });
  return bytes;
}

export function u64(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 8);
  values.forEach((value, i) => {
    writeU64(bytes, value, i * 8);
  });
  return bytes;
}

export function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

/** A whole number below 2^53 as 64 bits; cheaper than going through BigInt. */
export function writeU64(target: Buffer, value: number, offset: number): number {
  const high = Math.floor(value / 2 ** 32);
  target.writeUInt32BE(high, offset);
  return target.writeUInt32BE(value - high * 2 ** 32, offset + 4);
}

/** A 64-bit value that has to fit a double exactly. */
export function readU64(bytes: Buffer, offset: number): number {
  const high = bytes.readUInt32BE(offset);
  if (high >= 2 ** 21) throw new AppError('corrupt', `64-bit value at offset ${offset} is beyond 2^53`);
  return high * 2 ** 32 + bytes.readUInt32BE(offset + 4);
}

function badSize(type: string, size: number | bigint): AppError {
  return new AppError('corrupt', `MP4 box '${type}' claims a size of ${size} bytes`);
}
