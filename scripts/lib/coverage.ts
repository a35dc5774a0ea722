/** Half-open, UTC milliseconds. */
export interface Span {
  fromUtcMs: number;
  toUtcMs: number;
}

/** Two neighbours whose ends differ by less than this are one: a frame's time and the smoothing of the clock, not a loss. */
const JOIN_MS = 1_000;

/** Ascending and disjoint: overlapping spans, and such with a hole of at most `joinMs` between them, become one. */
export function mergeSpans(spans: readonly Span[], joinMs = 0): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.fromUtcMs - b.fromUtcMs)) {
    const last = merged.at(-1);
    if (last !== undefined && span.fromUtcMs <= last.toUtcMs + joinMs) {
      last.toUtcMs = Math.max(last.toUtcMs, span.toUtcMs);
    } else if (span.toUtcMs > span.fromUtcMs) merged.push({ ...span });
  }
  return merged;
}

/** Whatever of `window` no span covers, without holes up to `ignoreMs`. */
export function findHoles(window: Span, spans: readonly Span[], ignoreMs = JOIN_MS): Span[] {
  const holes: Span[] = [];
  let atMs = window.fromUtcMs;
  for (const span of mergeSpans(spans)) {
    if (span.toUtcMs <= atMs) continue;
    if (span.fromUtcMs >= window.toUtcMs) break;
    if (span.fromUtcMs - atMs > ignoreMs) holes.push({ fromUtcMs: atMs, toUtcMs: span.fromUtcMs });
    atMs = span.toUtcMs;
  }
  if (window.toUtcMs - atMs > ignoreMs) holes.push({ fromUtcMs: atMs, toUtcMs: window.toUtcMs });
  return holes;
}

/** Footage and gaps must explain every second of the window; what neither does is what the product promises never to happen. */
export function findUnexplained(window: Span, footage: readonly Span[], gaps: readonly Span[]): Span[] {
  return findHoles(window, [...footage, ...gaps]);
}

export function totalSeconds(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + (span.toUtcMs - span.fromUtcMs) / 1000, 0);
}
