import { AppError } from '../../base/errors.ts';
import { BitReader } from '../bit-reader.ts';
import { skipAacConfig } from './aac-config.ts';

/** StreamMuxConfig (ISO/IEC 14496-3 §1.7.3.1) of one program with one layer, as RTP carries it. */
export interface LatmConfig {
  /** AudioSpecificConfig, padded to whole bytes. */
  readonly aac: Buffer;
  /** Frames of one element. */
  readonly frames: number;
  /** Bytes of each frame where that is fixed; 0: each has its length in front. */
  readonly fixedBytes: number;
  /** What follows the frames and belongs to somebody else. */
  readonly otherBits: number;
  /** Of the configuration itself. */
  readonly bits: number;
}

/** Behind the AudioSpecificConfig: type of length 3, fullness 8, two flags. */
const MIN_REST_BITS = 13;

/** Reads the configuration that begins at a bit of `bytes`. Throws AppError `corrupt`, also for what RTP does not carry. */
export function parseLatmConfig(bytes: Buffer, startBit = 0): LatmConfig {
  const reader = new BitReader(bytes, 'LATM configuration');
  reader.skip(startBit);
  const start = reader.remaining;
  const version = reader.bits(1);
  if (version === 1) {
    if (reader.flag()) throw unsupported('version 1A'); // audioMuxVersionA, which nobody has defined
    readValue(reader); // fullness of a buffer
  }
  const isSameTime = reader.flag();
  const frames = reader.bits(6) + 1;
  const programs = reader.bits(4) + 1;
  const layers = reader.bits(3) + 1;
  if (!isSameTime || programs > 1 || layers > 1) throw unsupported(`${programs} programs and ${layers} layers`);
  const aac = version === 0 ? readConfig(reader, bytes) : readSizedConfig(reader, bytes);
  // GStreamer's payloader ends its configuration here.
  if (reader.remaining < MIN_REST_BITS)
    return { aac, frames, fixedBytes: 0, otherBits: 0, bits: start - reader.remaining };
  const fixedBytes = readFrameLength(reader);
  const otherBits = reader.flag() ? readOtherBits(reader, version) : 0;
  if (reader.flag()) reader.skip(8); // checksum of the configuration
  return { aac, frames, fixedBytes, otherBits, bits: start - reader.remaining };
}

function readConfig(reader: BitReader, bytes: Buffer): Buffer {
  const start = bytes.length * 8 - reader.remaining;
  skipAacConfig(reader);
  return copyBits(bytes, start, bytes.length * 8 - reader.remaining - start);
}

/** Those of AAC have a few bytes; in an MP4's `esds` there is room for 100, with one byte of length. */
const MAX_AAC_CONFIG_BITS = 64 * 8;

/** Version 1 says the length, so configurations of all kinds can be passed over. */
function readSizedConfig(reader: BitReader, bytes: Buffer): Buffer {
  const bits = readValue(reader);
  if (bits > MAX_AAC_CONFIG_BITS) throw unsupported(`a configuration of AAC of ${bits} bits`);
  const start = bytes.length * 8 - reader.remaining;
  reader.skip(bits);
  return copyBits(bytes, start, bits);
}

function readFrameLength(reader: BitReader): number {
  const type = reader.bits(3);
  switch (type) {
    case 0:
      reader.skip(8); // fullness of a buffer
      return 0;
    case 1:
      return reader.bits(9) + 20;
    default:
      throw unsupported(`frames of length type ${type}`); // CELP and HVXC
  }
}

function readOtherBits(reader: BitReader, version: number): number {
  if (version === 1) return readValue(reader);
  let bits = 0;
  let hasMore = true;
  while (hasMore) {
    hasMore = reader.flag();
    bits = Math.min(MAX_OTHER_BITS, bits * 256 + reader.bits(8));
  }
  return bits;
}

/** No payload of RTP is longer. */
const MAX_OTHER_BITS = 2 ** 19;

/** LatmGetValue */
function readValue(reader: BitReader): number {
  return reader.bits(8 * (reader.bits(2) + 1));
}

function copyBits(bytes: Buffer, startBit: number, count: number): Buffer {
  const copy = Buffer.alloc((count + 7) >> 3);
  for (let i = 0; i < count; i++) {
    const bit = (bytes[(startBit + i) >> 3]! >> (7 - ((startBit + i) & 7))) & 1;
    copy[i >> 3]! |= bit << (7 - (i & 7));
  }
  return copy;
}

function unsupported(what: string): AppError {
  return new AppError('corrupt', `LATM configuration: ${what}, which RTP does not carry`);
}
