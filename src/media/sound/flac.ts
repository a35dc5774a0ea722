import { AppError } from '../../base/errors.ts';
import { BitWriter } from '../bit-writer.ts';
import { crc8Flac, crc16Flac } from './flac-crc.ts';
import { chooseRiceCoding, writeRice } from './flac-rice.ts';

/**
 * Exact FLAC (RFC 9639) out of 16-bit samples, for browsers, which play FLAC but neither G.711 nor linear PCM. Fixed predictors: simple,
 * hundreds of times faster than real time, and about as small as the G.711 it stands for.
 *
 *   frame:  header | a subframe for each channel | padding to a byte | CRC-16
 *   subframe:  type, wasted bits, warm-up samples, Rice-coded residual
 */
export interface FlacFrameInput {
  /** One to eight, of the same length. */
  readonly channels: readonly Int16Array[];
  /** Counts frames from 0; each but the last has the same number of samples. */
  readonly frameNumber: number;
  readonly sampleRate: number;
}

/** RFC 9639 §9.1.1 keeps 65,535 for the largest block. */
const MAX_BLOCK_SAMPLES = 65_535;
/** RFC 9639 §9.1.3 */
export const MAX_FLAC_CHANNELS = 8;
const MAX_PREDICTOR_ORDER = 4;
const BITS = 16;

export function encodeFlacFrame(input: FlacFrameInput): Buffer {
  const { channels } = input;
  const samples = channels[0]?.length ?? 0;
  if (samples < 1 || samples > MAX_BLOCK_SAMPLES || channels.some(({ length }) => length !== samples)) {
    throw new AppError('bad-input', `FLAC frame of ${samples} samples, 1 to ${MAX_BLOCK_SAMPLES} are possible`);
  }
  if (channels.length > MAX_FLAC_CHANNELS) {
    throw new AppError(
      'bad-input',
      `FLAC frame of ${channels.length} channels, 1 to ${MAX_FLAC_CHANNELS} are possible`,
    );
  }
  const { assignment, signals } = decorrelate(channels);
  const writer = new BitWriter(samples * channels.length * 2 + 64);
  writeFrameHeader(writer, input, samples, assignment);
  writer.bits(crc8Flac(writer.bytes()), 8);
  for (const { values, bits } of signals) writeSubframe(writer, values, bits);
  writer.align();
  writer.bits(crc16Flac(writer.bytes()), 16);
  return writer.bytes();
}

/** STREAMINFO (RFC 9639 §8.2): 34 bytes. Length and checksum of the whole are left unknown, as for a live stream. */
export function flacStreamInfo(sampleRate: number, blockSamples: number, channels: number): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(blockSamples, 0);
  info.writeUInt16BE(blockSamples, 2);
  // 20 bits rate, 3 bits channels - 1, 5 bits bits per sample - 1, 36 bits number of samples = 0
  info.writeUInt32BE(((sampleRate << 12) | ((channels - 1) << 9) | ((BITS - 1) << 4)) >>> 0, 10);
  return info;
}

/** What is coded in place of a channel. The difference of two channels takes one bit more than they do. */
interface Signal {
  readonly values: Int16Array | Int32Array;
  readonly bits: number;
}

/** Channel assignments (RFC 9639 §9.1.3): 0 to 7 are so many channels, less one, as they are. */
const LEFT_SIDE = 8;
const SIDE_RIGHT = 9;
const MID_SIDE = 10;

/** Of two channels that are alike, the difference says the second one shorter. */
function decorrelate(channels: readonly Int16Array[]): { assignment: number; signals: readonly Signal[] } {
  const asTheyAre = channels.map((values) => ({ values, bits: BITS }));
  const [left, right] = channels;
  if (channels.length !== 2 || left === undefined || right === undefined) {
    return { assignment: channels.length - 1, signals: asTheyAre };
  }
  const mid = new Int32Array(left.length);
  const side = new Int32Array(left.length);
  for (let i = 0; i < left.length; i++) {
    mid[i] = (left[i]! + right[i]!) >> 1;
    side[i] = left[i]! - right[i]!;
  }
  const [l, r, m, s] = [left, right, mid, side].map(roughness) as [number, number, number, number];
  const least = Math.min(l + r, l + s, s + r, m + s);
  const sideSignal = { values: side, bits: BITS + 1 };
  if (least === l + r) return { assignment: 1, signals: asTheyAre };
  if (least === m + s) return { assignment: MID_SIDE, signals: [{ values: mid, bits: BITS }, sideSignal] };
  if (least === l + s) return { assignment: LEFT_SIDE, signals: [asTheyAre[0]!, sideSignal] };
  return { assignment: SIDE_RIGHT, signals: [sideSignal, asTheyAre[1]!] };
}

/** About what a predictor of order 2 leaves over. */
function roughness(values: Int16Array | Int32Array): number {
  let sum = 0;
  for (let i = 2; i < values.length; i++) sum += Math.abs(values[i]! - 2 * values[i - 1]! + values[i - 2]!);
  return sum;
}

const SAMPLE_RATE_CODES = new Map([
  [8000, 4],
  [16_000, 5],
  [22_050, 6],
  [24_000, 7],
  [32_000, 8],
  [44_100, 9],
  [48_000, 10],
]);

function writeFrameHeader(writer: BitWriter, input: FlacFrameInput, samples: number, assignment: number): void {
  const BLOCK_SIZE_IN_16_BITS = 7;
  const RATE_FROM_STREAMINFO = 0;
  const SIXTEEN_BITS = 4;
  writer.bits(0xfff8, 16); // sync code, fixed block size
  writer.bits(BLOCK_SIZE_IN_16_BITS, 4);
  writer.bits(SAMPLE_RATE_CODES.get(input.sampleRate) ?? RATE_FROM_STREAMINFO, 4);
  writer.bits(assignment, 4);
  writer.bits(SIXTEEN_BITS, 3);
  writer.bits(0, 1);
  for (const byte of utf8Like(input.frameNumber)) writer.bits(byte, 8);
  writer.bits(samples - 1, 16);
}

/** Frame numbers are coded like UTF-8, up to 31 bits (RFC 9639 §9.1.5). */
function utf8Like(value: number): number[] {
  if (value < 0x80) return [value];
  const rest: number[] = [];
  let lead = value;
  let room = 0x3f;
  while (lead > room) {
    rest.unshift(0x80 | (lead & 0x3f));
    lead >>= 6;
    room = rest.length === 1 ? 0x1f : room >> 1;
  }
  return [((0xff << (7 - rest.length)) & 0xff) | lead, ...rest];
}

/** Types of subframes (RFC 9639 §9.2.1). */
const CONSTANT = 0b000000;
const VERBATIM = 0b000001;
const FIXED = 0b001000;

function writeSubframe(writer: BitWriter, values: Int16Array | Int32Array, bits: number): void {
  if (isConstant(values)) {
    writeSubframeHeader(writer, CONSTANT, 0);
    writeSample(writer, values[0]!, bits);
    return;
  }
  const wasted = wastedBits(values);
  const shifted = wasted === 0 ? values : values.map((sample) => sample >> wasted);
  const width = bits - wasted;
  const order = bestPredictor(shifted);
  const residual = residualOf(shifted, order);
  const coding = chooseRiceCoding(residual, shifted.length);
  // Noise can be longer in Rice codes than as it is.
  const isWorthIt = order * width + coding.bits < shifted.length * width;
  writeSubframeHeader(writer, isWorthIt ? FIXED | order : VERBATIM, wasted);
  const asTheyAre = isWorthIt ? order : shifted.length;
  for (let i = 0; i < asTheyAre; i++) writeSample(writer, shifted[i]!, width);
  if (isWorthIt) writeRice(writer, residual, shifted.length, coding);
}

function writeSubframeHeader(writer: BitWriter, type: number, wasted: number): void {
  writer.bits(0, 1);
  writer.bits(type, 6);
  writer.bits(wasted > 0 ? 1 : 0, 1);
  if (wasted > 0) writer.unary(wasted - 1);
}

function writeSample(writer: BitWriter, value: number, bits: number): void {
  writer.bits(value & ((1 << bits) - 1), bits);
}

function isConstant(values: Int16Array | Int32Array): boolean {
  const first = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false;
  return true;
}

/** Low bits that are zero in every sample: two for μ-law, three for A-law. */
function wastedBits(values: Int16Array | Int32Array): number {
  let all = 0;
  for (let i = 0; i < values.length; i++) all |= values[i]!;
  return all === 0 ? 0 : 31 - Math.clz32(all & -all);
}

/** The order, from 0 to 4, with the smallest residual. That of order n + 1 is the difference of neighbours in that of order n. */
function bestPredictor(values: Int16Array | Int32Array): number {
  const last = [0, 0, 0, 0];
  const sums = [0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    let error = values[i]!;
    for (let order = 0; order < MAX_PREDICTOR_ORDER; order++) {
      sums[order]! += error < 0 ? -error : error;
      const next = error - last[order]!;
      last[order] = error;
      error = next;
    }
    // Before there are four samples, the higher orders have nothing to predict from.
    if (i >= MAX_PREDICTOR_ORDER) sums[MAX_PREDICTOR_ORDER]! += error < 0 ? -error : error;
    else sums.fill(0);
  }
  const highest = Math.min(MAX_PREDICTOR_ORDER, values.length - 1);
  let best = 0;
  for (let order = 1; order <= highest; order++) if (sums[order]! < sums[best]!) best = order;
  return best;
}

function residualOf(values: Int16Array | Int32Array, order: number): Int32Array {
  const residual = Int32Array.from(values);
  for (let pass = 0; pass < order; pass++) {
    for (let i = values.length - 1; i > pass; i--) residual[i] = residual[i]! - residual[i - 1]!;
  }
  return residual.subarray(order);
}
