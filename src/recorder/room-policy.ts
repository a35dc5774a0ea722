import { MIB } from '../base/units.ts';
import type { PlanLock } from '../link/plan.ts';

/**
 * When and what to delete for room. Pure.
 *
 * Room is made before writing can fail: at least `LEAD_SECONDS` of all streams at their allotments stay free, but never more than a
 * tenth of a small drive nor less than 2 % of a large one (ext4 fragments when it is fuller).
 */
export interface RoomState {
  readonly capacityBytes: number;
  readonly freeBytes: number;
  readonly allottedMbps: number;
}

const LEAD_SECONDS = 30;
const MIN_SHARE = 0.02;
const MAX_SHARE = 0.1;
/** Deleting in batches: once begun, up to this much more than the mark. */
const BATCH_SHARE = 0.01;
/** For metadata and journals, even on the smallest drive. */
const MIN_FREE_BYTES = 4 * MIB;

export function lowWaterBytes(state: RoomState): number {
  const leadBytes = (state.allottedMbps * 1e6 * LEAD_SECONDS) / 8;
  const share = Math.min(MAX_SHARE * state.capacityBytes, Math.max(MIN_SHARE * state.capacityBytes, leadBytes));
  return Math.max(MIN_FREE_BYTES, share);
}

/** Bytes to delete now; 0 while there is room. */
export function bytesToDelete(state: RoomState): number {
  const lowBytes = lowWaterBytes(state);
  if (state.freeBytes >= lowBytes) return 0;
  return lowBytes + BATCH_SHARE * state.capacityBytes - state.freeBytes;
}

export interface Candidate {
  readonly path: string;
  readonly channelId: string;
  readonly startUtcMs: number;
}

/**
 * Whether a segment may go. Its end is not in its name; it is taken as late as a segment can end, so that a lock is never cut into.
 */
export function isDeletable(
  candidate: Candidate,
  rules: { locks: readonly PlanLock[]; openPaths: ReadonlySet<string>; maxSegmentMs: number },
): boolean {
  if (rules.openPaths.has(candidate.path)) return false;
  const endUtcMs = candidate.startUtcMs + rules.maxSegmentMs;
  return !rules.locks.some(
    (lock) =>
      lock.channelId === candidate.channelId && lock.fromUtcMs < endUtcMs && lock.toUtcMs > candidate.startUtcMs,
  );
}
