import { AppError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import type { LiveUnit } from './messages.ts';

/**
 * What crosses the socket: `u32 length | u8 type | payload`, big-endian, length without itself.
 *
 *   type 0  JSON, a Command or a Fact
 *   type 1  a live unit: u32 watchId | u8 flags (1 video, 2 key) | f64 rtpTime | f64 dts | f64 wallUtcMs | data
 */
export const FRAME_JSON = 0;
export const FRAME_UNIT = 1;

/** A plan of 64 channels with 14 days of switches is below 1 MiB; an access unit is at most 8 MiB. */
export const MAX_FRAME_BYTES = 16 * MIB;

const UNIT_HEADER_BYTES = 4 + 1 + 8 + 8 + 8;
const FLAG_VIDEO = 1;
const FLAG_KEY = 2;

export function encodeJsonFrame(message: object): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(5 + json.length);
  frame.writeUInt32BE(1 + json.length, 0);
  frame.writeUInt8(FRAME_JSON, 4);
  json.copy(frame, 5);
  return frame;
}

/** The head of a live unit; its data follows on the socket as it is, without a copy. */
export function encodeUnitHead(unit: LiveUnit): Buffer {
  const head = Buffer.allocUnsafe(5 + UNIT_HEADER_BYTES);
  head.writeUInt32BE(1 + UNIT_HEADER_BYTES + unit.data.length, 0);
  head.writeUInt8(FRAME_UNIT, 4);
  head.writeUInt32BE(unit.watchId, 5);
  head.writeUInt8((unit.kind === 'video' ? FLAG_VIDEO : 0) | (unit.isKey ? FLAG_KEY : 0), 9);
  head.writeDoubleBE(unit.rtpTime, 10);
  head.writeDoubleBE(unit.dtsTicks, 18);
  head.writeDoubleBE(unit.wallUtcMs, 26);
  return head;
}

function decodeUnit(payload: Buffer): LiveUnit {
  if (payload.length < UNIT_HEADER_BYTES) {
    throw new AppError(
      'protocol',
      `link: live unit of ${payload.length} bytes, at least ${UNIT_HEADER_BYTES} expected`,
    );
  }
  const flags = payload.readUInt8(4);
  return {
    watchId: payload.readUInt32BE(0),
    kind: flags & FLAG_VIDEO ? 'video' : 'audio',
    isKey: (flags & FLAG_KEY) !== 0,
    rtpTime: payload.readDoubleBE(5),
    dtsTicks: payload.readDoubleBE(13),
    wallUtcMs: payload.readDoubleBE(21),
    data: payload.subarray(UNIT_HEADER_BYTES),
  };
}

export interface FrameHandler {
  onJson(value: unknown): void;
  onUnit(unit: LiveUnit): void;
}

/** Cuts the byte stream of the socket into frames, whatever the sizes of the chunks. Throws `protocol` on what cannot be one. */
export class FrameParser {
  readonly #handler: FrameHandler;
  #chunks: Buffer[] = [];
  #buffered = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    for (;;) {
      if (this.#buffered < 5) return;
      const length = this.#headBytes(4).readUInt32BE(0);
      if (length < 1 || length > MAX_FRAME_BYTES) {
        throw new AppError('protocol', `link: frame of ${length} bytes, 1 to ${MAX_FRAME_BYTES} allowed`);
      }
      if (this.#buffered < 4 + length) return;
      const frame = this.#headBytes(4 + length);
      this.#consume(4 + length);
      this.#dispatch(frame.readUInt8(4), frame.subarray(5, 4 + length));
    }
  }

  #dispatch(type: number, payload: Buffer): void {
    if (type === FRAME_UNIT) this.#handler.onUnit(decodeUnit(payload));
    else if (type === FRAME_JSON) this.#handler.onJson(parseJson(payload));
    // Other types come from a newer version and are skipped.
  }

  /** The first `count` buffered bytes in one piece; joins chunks only when they are needed together. */
  #headBytes(count: number): Buffer {
    if (this.#chunks[0]!.length < count) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #consume(count: number): void {
    const first = this.#chunks[0]!;
    if (first.length === count) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(count);
    this.#buffered -= count;
  }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch (error) {
    throw new AppError('protocol', 'link: a message is not JSON', { cause: error });
  }
}
