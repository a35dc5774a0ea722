import { formatBytes } from '../base/units.ts';

/** Beyond this share of the capacity locked footage would squeeze out the recording of today. */
export const MAX_LOCKED_SHARE = 0.5;

/** Why a further lock cannot be taken, with the numbers, or undefined. */
export function refuseLock(input: {
  capacityBytes: number;
  lockedBytes: number;
  neededBytes: number;
}): string | undefined {
  const { capacityBytes, lockedBytes, neededBytes } = input;
  const limitBytes = capacityBytes * MAX_LOCKED_SHARE;
  if (lockedBytes + neededBytes <= limitBytes) return undefined;
  return `locked footage may fill half of the capacity, ${formatBytes(limitBytes)}: ${formatBytes(lockedBytes)} are locked, this span needs ${formatBytes(neededBytes)}`;
}

/** What a span holds: measured for what is recorded, by the allotment for what is still to come. */
export function spanBytes(input: {
  segments: readonly { startUtcMs: number; endUtcMs: number | null; sizeBytes: number }[];
  toUtcMs: number;
  nowUtcMs: number;
  allotmentMbps: number;
}): number {
  const recorded = input.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  const futureMs = Math.max(0, input.toUtcMs - input.nowUtcMs);
  return recorded + (input.allotmentMbps * 1_000_000 * futureMs) / 1000 / 8;
}
