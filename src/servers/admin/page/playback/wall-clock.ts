/** A stretch of the player's timeline, and the wall time at which it was recorded. */
export interface Stretch {
  readonly startS: number;
  readonly durationS: number;
  readonly startUtcMs: number;
}

/** Media time goes on over gaps; wall time jumps there. */
export function wallTimeAt(stretches: readonly Stretch[], mediaS: number): number | undefined {
  const stretch = lastStarting(stretches, (candidate) => candidate.startS <= mediaS + 0.001) ?? stretches[0];
  return stretch && stretch.startUtcMs + (mediaS - stretch.startS) * 1000;
}

/** Undefined where the playlist has nothing; a time in a gap gives the begin of what comes next. */
export function mediaTimeAt(stretches: readonly Stretch[], wallUtcMs: number): number | undefined {
  const first = stretches[0];
  if (!first || wallUtcMs < first.startUtcMs - EDGE_MS) return undefined;
  const i = stretches.findIndex((stretch) => stretch.startUtcMs + stretch.durationS * 1000 > wallUtcMs);
  const stretch = stretches[i];
  if (!stretch) return undefined;
  return stretch.startS + Math.max(0, wallUtcMs - stretch.startUtcMs) / 1000;
}

/** Playlists give milliseconds, and a group of pictures may begin a little after the second that was asked for. */
const EDGE_MS = 1000;

/** Stretches ascend, and may be thousands. */
function lastStarting(stretches: readonly Stretch[], isBefore: (stretch: Stretch) => boolean): Stretch | undefined {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(stretches[middle]!)) low = middle + 1;
    else high = middle;
  }
  return stretches[low - 1];
}
