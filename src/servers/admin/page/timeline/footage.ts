import type { Gap, Span } from '../api/types.ts';

/** The span of footage in which the time lies. */
export function footageAt(footage: readonly Span[], timeMs: number): Span | undefined {
  return footage.find((span) => timeMs >= span.fromUtcMs && timeMs < span.toUtcMs);
}

/** Where playback continues from a time without footage. */
export function nextFootage(footage: readonly Span[], timeMs: number): Span | undefined {
  return footage.find((span) => span.toUtcMs > timeMs);
}

export function gapAt(gaps: readonly Gap[], timeMs: number, toleranceMs = 0): Gap | undefined {
  return gaps.find(
    (gap) => timeMs >= gap.fromUtcMs - toleranceMs && timeMs < (gap.toUtcMs ?? Number.POSITIVE_INFINITY) + toleranceMs,
  );
}

/** The gap that explains most of a span without footage. */
export function gapBetween(gaps: readonly Gap[], fromMs: number, toMs: number): Gap | undefined {
  let best: Gap | undefined;
  let bestMs = 0;
  for (const gap of gaps) {
    const overlapMs = Math.min(gap.toUtcMs ?? toMs, toMs) - Math.max(gap.fromUtcMs, fromMs);
    if (overlapMs > bestMs) {
      best = gap;
      bestMs = overlapMs;
    }
  }
  return best;
}
