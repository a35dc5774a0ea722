import { resolveOverlaps, type SegmentSpan } from './overlap.ts';

/** Footage with a smaller hole counts as continuous: the border between two files, or a camera that skips a few frames. */
export const CONTINUOUS_HOLE_MS = 1_000;

/**
 * Rows of footage, and rows of gaps, in one answer. A phone draws some 400 pixels and a desktop 4,000, so more could not be seen;
 * a span with more is answered at a coarser resolution, which the answer states.
 */
export const MAX_TIMELINE_ROWS = 2_000;

export interface TimelineGap {
  readonly id: string;
  readonly fromUtcMs: number;
  /** Null while it lasts. */
  readonly toUtcMs: number | null;
  readonly cause: string;
  readonly detail: string;
}

export interface FootageSpan {
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
}

export interface Timeline {
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
  /** Holes and gaps that are closer together than this are drawn as one. */
  readonly resolutionMs: number;
  /** Ascending, clipped to the span. */
  readonly footage: FootageSpan[];
  /**
   * Ascending. Never dropped, however short: at a coarse resolution neighbours with the same cause become one row, which has the
   * `id` and `detail` of the first and says how many there were.
   */
  readonly gaps: (TimelineGap & { readonly count: number })[];
}

export function buildTimeline(input: {
  readonly segments: readonly SegmentSpan[];
  readonly gaps: readonly TimelineGap[];
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
  /** What one pixel stands for; 0 for all that is known. */
  readonly resolutionMs?: number;
}): Timeline {
  const { fromUtcMs, toUtcMs } = input;
  const parts = resolveOverlaps(input.segments, fromUtcMs, toUtcMs);
  const gaps = input.gaps
    .filter((gap) => gap.fromUtcMs < toUtcMs && (gap.toUtcMs ?? Number.POSITIVE_INFINITY) > fromUtcMs)
    .sort((a, b) => a.fromUtcMs - b.fromUtcMs);

  let resolutionMs = Math.max(0, input.resolutionMs ?? 0);
  for (;;) {
    const footage = mergeFootage(parts, Math.max(CONTINUOUS_HOLE_MS, resolutionMs));
    const mergedGaps = mergeGaps(gaps, resolutionMs);
    // Beyond the whole span nothing more can merge: what is left then are gaps of different causes at one place.
    const isCoarsest = resolutionMs > toUtcMs - fromUtcMs;
    if ((footage.length <= MAX_TIMELINE_ROWS && mergedGaps.length <= MAX_TIMELINE_ROWS) || isCoarsest) {
      return {
        fromUtcMs,
        toUtcMs,
        resolutionMs,
        footage: footage.slice(0, MAX_TIMELINE_ROWS),
        gaps: mergedGaps.slice(0, MAX_TIMELINE_ROWS),
      };
    }
    resolutionMs = Math.max(CONTINUOUS_HOLE_MS, resolutionMs * 2);
  }
}

/** `spans` ascending; those with a hole of less than `holeMs` between them become one. */
export function mergeFootage(spans: readonly FootageSpan[], holeMs: number): FootageSpan[] {
  const merged: { fromUtcMs: number; toUtcMs: number }[] = [];
  for (const { fromUtcMs, toUtcMs } of spans) {
    const last = merged.at(-1);
    if (last !== undefined && fromUtcMs - last.toUtcMs < holeMs) last.toUtcMs = Math.max(last.toUtcMs, toUtcMs);
    else merged.push({ fromUtcMs, toUtcMs });
  }
  return merged;
}

function mergeGaps(gaps: readonly TimelineGap[], holeMs: number): (TimelineGap & { count: number })[] {
  const merged: (TimelineGap & { count: number })[] = [];
  const lastOfCause = new Map<string, number>();
  for (const gap of gaps) {
    const index = lastOfCause.get(gap.cause);
    const last = index === undefined ? undefined : merged[index];
    const isNear = last !== undefined && (last.toUtcMs === null || gap.fromUtcMs - last.toUtcMs < holeMs);
    if (holeMs > 0 && index !== undefined && isNear) {
      const toUtcMs = last.toUtcMs === null || gap.toUtcMs === null ? null : Math.max(last.toUtcMs, gap.toUtcMs);
      merged[index] = { ...last, toUtcMs, count: last.count + 1 };
    } else {
      lastOfCause.set(gap.cause, merged.length);
      merged.push({ ...gap, count: 1 });
    }
  }
  return merged;
}
