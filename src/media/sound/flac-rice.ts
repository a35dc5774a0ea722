import type { BitWriter } from '../bit-writer.ts';

/*
 * The residual of a FLAC subframe (RFC 9639 §9.2.7): what a predictor left over, in Rice codes. The block is divided into 2^n partitions
 * of the same length, each with a parameter of its own, because speech is loud and silent by turns.
 */

/** 15 is the escape code of the 4-bit parameter. */
const MAX_PARAMETER = 14;
/** The streamable subset (RFC 9639 §7) allows 8; below 64 samples a partition saves no more than its parameter costs. */
const MAX_PARTITION_ORDER = 6;
const MIN_PARTITION_SAMPLES = 64;

export interface RiceCoding {
  readonly partitionOrder: number;
  /** One for each partition. */
  readonly parameters: readonly number[];
  /** At most so many bits will be written. */
  readonly bits: number;
}

/** `residual` is what remains of a block of `blockSamples`, whose first ones are stored as they are. */
export function chooseRiceCoding(residual: Int32Array, blockSamples: number): RiceCoding {
  let order = largestOrder(blockSamples);
  let sums = sumsOfFolded(residual, blockSamples, order);
  let best: RiceCoding | undefined;
  for (; order >= 0; order--) {
    const coding = codingOf(sums, order, residual.length, blockSamples);
    if (best === undefined || coding.bits < best.bits) best = coding;
    sums = Float64Array.from({ length: sums.length >> 1 }, (_, i) => sums[2 * i]! + sums[2 * i + 1]!);
  }
  return best!;
}

export function writeRice(writer: BitWriter, residual: Int32Array, blockSamples: number, coding: RiceCoding): void {
  const { partitionOrder, parameters } = coding;
  writer.bits(0, 2); // parameters of 4 bits
  writer.bits(partitionOrder, 4);
  const partitionSamples = blockSamples >> partitionOrder;
  const warmUp = blockSamples - residual.length;
  let at = 0;
  for (let partition = 0; partition < parameters.length; partition++) {
    const parameter = parameters[partition]!;
    writer.bits(parameter, 4);
    const end = (partition + 1) * partitionSamples - warmUp;
    for (; at < end; at++) writer.rice(folded(residual[at]!), parameter);
  }
}

/** 0, -1, 1, -2, 2 … become 0, 1, 2, 3, 4 … */
function folded(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** Partitions are of the same length, and the first is longer than the warm-up samples in it. */
function largestOrder(blockSamples: number): number {
  let order = 0;
  while (
    order < MAX_PARTITION_ORDER &&
    (blockSamples >> order) % 2 === 0 &&
    blockSamples >> (order + 1) >= MIN_PARTITION_SAMPLES
  ) {
    order++;
  }
  return order;
}

function sumsOfFolded(residual: Int32Array, blockSamples: number, order: number): Float64Array {
  const sums = new Float64Array(1 << order);
  const partitionSamples = blockSamples >> order;
  const warmUp = blockSamples - residual.length;
  let at = 0;
  for (let partition = 0; partition < sums.length; partition++) {
    const end = (partition + 1) * partitionSamples - warmUp;
    let sum = 0;
    for (; at < end; at++) sum += folded(residual[at]!);
    sums[partition] = sum;
  }
  return sums;
}

function codingOf(sums: Float64Array, order: number, residualSamples: number, blockSamples: number): RiceCoding {
  const partitionSamples = blockSamples >> order;
  const warmUp = blockSamples - residualSamples;
  const parameters: number[] = [];
  let bits = 2 + 4;
  for (let partition = 0; partition < sums.length; partition++) {
    const count = partition === 0 ? partitionSamples - warmUp : partitionSamples;
    const sum = sums[partition]!;
    let parameter = 0;
    // Each further bit of the parameter costs one a sample and halves the unary parts.
    while (
      parameter < MAX_PARAMETER &&
      count < Math.floor(sum / 2 ** parameter) - Math.floor(sum / 2 ** (parameter + 1))
    ) {
      parameter++;
    }
    parameters.push(parameter);
    bits += 4 + count * (1 + parameter) + Math.floor(sum / 2 ** parameter);
  }
  return { partitionOrder: order, parameters, bits };
}
