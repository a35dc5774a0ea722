import { HUFFMAN_TABLES, TABLE_BYTES } from './mjpeg-tables.ts';

/** What the RTP payload says of a JPEG whose header it leaves out (RFC 2435 §3.1). */
export interface JpegShape {
  /** 0: colour has half the columns (4:2:2); 1: half the rows, too (4:2:0). */
  readonly type: number;
  /** 0 where only the extension says it. */
  readonly width: number;
  readonly height: number;
  /** Blocks between restart markers, 0 without. */
  readonly restartInterval: number;
  /** One after the other, in zigzag order; the first is that of brightness. */
  readonly tables: Buffer;
  /** Bit n set: table n has 16 bits a value. */
  readonly tablePrecision: number;
}

const SOF0 = 0xc0;
const SOF2 = 0xc2;
const DHT = 0xc4;
const SOI = 0xd8;
const SOS = 0xda;
const DQT = 0xdb;
const DRI = 0xdd;

/** Four tables exist in a file; live555 on a USB camera was seen to send three. */
const MAX_TABLES = 4;

/**
 * The file's beginning, up to the compressed data. `extension` is what ONVIF cameras send beside the payload (Streaming specification,
 * "JPEG over RTP"): segments of the header that RFC 2435 cannot express. They stand behind ours, so that their tables count, and
 * what they do say of size, restart interval and scan is not said twice.
 */
export function buildJpegHeader(shape: JpegShape, extension: Buffer): Buffer {
  const given = readSegments(extension);
  const has = (marker: number) => given.some((one) => one.marker === marker);
  const hasSize = given.some((one) => isStartOfFrame(one.marker));
  const scan = given.find((one) => one.marker === SOS);
  return Buffer.concat([
    Buffer.from([0xff, SOI]),
    ...quantizers(shape),
    ...HUFFMAN_TABLES.map((table) => segment(DHT, table)),
    ...given.filter((one) => one.marker !== SOS).map((one) => one.bytes),
    ...(shape.restartInterval === 0 || has(DRI) ? [] : [segment(DRI, u16(shape.restartInterval))]),
    ...(hasSize ? [] : [startOfFrame(shape)]),
    scan?.bytes ?? startOfScan(),
  ]);
}

/** In pixels. */
export interface JpegSize {
  readonly width: number;
  readonly height: number;
}

/** Size of the picture by the first start of frame in a file's header, or among bare segments; undefined when there is none. */
export function readJpegSize(bytes: Buffer): JpegSize | undefined {
  const frame = readSegments(bytes).find((one) => isStartOfFrame(one.marker));
  if (frame === undefined || frame.bytes.length < 9) return undefined;
  const [height, width] = [frame.bytes.readUInt16BE(5), frame.bytes.readUInt16BE(7)];
  return width > 0 && height > 0 ? { width, height } : undefined;
}

interface Segment {
  readonly marker: number;
  /** With marker and length. */
  readonly bytes: Buffer;
}

/** Up to the start of scan, or to what is not a whole segment. 0xFF may be repeated in front of a marker as padding. */
function readSegments(bytes: Buffer): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff || marker === SOI) {
      at += marker === SOI ? 2 : 1;
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length || end < at + 4) break;
    segments.push({ marker, bytes: bytes.subarray(at, end) });
    if (marker === SOS) break;
    at = end;
  }
  return segments;
}

/** Baseline, extended sequential, progressive. */
function isStartOfFrame(marker: number): boolean {
  return marker >= SOF0 && marker <= SOF2;
}

function quantizers({ tables, tablePrecision }: JpegShape): Buffer[] {
  const segments: Buffer[] = [];
  let at = 0;
  for (let id = 0; id < MAX_TABLES && at < tables.length; id++) {
    const is16Bit = (tablePrecision >> id) & 1;
    const end = at + TABLE_BYTES * (1 + is16Bit);
    if (end > tables.length) break;
    segments.push(segment(DQT, Buffer.from([(is16Bit << 4) | id]), tables.subarray(at, end)));
    at = end;
  }
  return segments;
}

/** RFC 2435 appendix B. */
function startOfFrame({ type, width, height, tables }: JpegShape): Buffer {
  const brightnessSampling = type === 0 ? 0x21 : 0x22;
  const colourTable = tables.length > TABLE_BYTES ? 1 : 0;
  const components = [1, brightnessSampling, 0, 2, 0x11, colourTable, 3, 0x11, colourTable];
  return segment(SOF0, Buffer.from([8]), u16(height), u16(width), Buffer.from([3, ...components]));
}

/** Three components with their Huffman tables, all coefficients at full precision. */
function startOfScan(): Buffer {
  return segment(SOS, Buffer.from([3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]));
}

function segment(marker: number, ...contents: Buffer[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 2);
  return Buffer.concat([Buffer.from([0xff, marker]), u16(length), ...contents]);
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
