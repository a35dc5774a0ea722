import type { ArrivalWindows } from './arrival-windows.ts';

/**
 * What the last minute says about a camera's clock, asked once a second. Pure.
 *
 * - Two good crystals differ by 100 ppm at most, which adds up to 10 ms in a hundred seconds: `slew` takes such small differences away.
 * - A camera that says 25 frames a second and delivers 20 falls behind by a fifth, in a straight line: `rate`. A network that is
 *   too narrow looks alike for a while, but gives back what it held as soon as it is not; then the frames come too early, and the rate is
 *   taken back.
 * - A camera that stood still for three seconds, and whose clock stood still with it, is late by the same three seconds from
 *   then on: `late`. What a network held, on the other hand, melts away.
 */
export type ClockVerdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'slew'; readonly byMs: number }
  /** True milliseconds for each of the camera's. */
  | { readonly kind: 'rate'; readonly ratio: number }
  | { readonly kind: 'late'; readonly byMs: number };

/** Smaller differences are left alone, so that the frames of a camera with a good clock keep exactly the durations that it gave them. */
const DEAD_BAND_MS = 10;
/** Upwards slowly, 2,000 ppm: a network that holds frames for half a minute moves the time by no more than 60 ms. */
const MAX_SLEW_UP_MS = 2;

/**
 * Windows that must lie on a line, and what a wrong rate must have added up to in them. A grossly wrong one shows after eight seconds, a
 * slightly wrong one after a minute: 1,500 ppm, which is less than slewing can make up for, so that nothing falls between the two.
 */
const LINES = [
  { windows: 8, minGrowthMs: 150 },
  { windows: 60, minGrowthMs: 90 },
];
/** Jitter beside the line, of frames that were delayed least. A jump or a stall lies further from any line than that. */
const MAX_BESIDE_MS = 40;
/** Frames that come faster than the camera says are a wrong rate only when they are not those that a network had held. */
const MAX_LATE_WHEN_FAST_MS = 100;
/** Nearer to 1 than this, and slewing alone keeps up: the camera's own durations are kept. */
export const MIN_RATE_ERROR = 0.002;

/** Ten times slower than time: that clock stands still. */
const MAX_SLOPE = 0.9;

/** Late by the same amount for so many windows, and by at least so much. */
const LATE_WINDOWS = 6;
const MIN_LATE_MS = 100;
const MAX_LATE_SPREAD_MS = 50;

/** `correctedMs`: all corrections so far, those included that are decided and not made yet. */
export function judgeClock(windows: ArrivalWindows, ratio: number, correctedMs: number): ClockVerdict {
  const wrongRatio = wrongRate(windows, ratio);
  if (wrongRatio !== undefined) return { kind: 'rate', ratio: wrongRatio };
  const lateMs = windows.late.y(0) - (correctedMs - windows.correctedMs);
  if (lateMs > MIN_LATE_MS && isSteadilyLate(windows)) return { kind: 'late', byMs: lateMs };
  if (lateMs > DEAD_BAND_MS) return { kind: 'slew', byMs: Math.min(lateMs, MAX_SLEW_UP_MS) };
  // Early: no network does that, so it is true and taken over whole.
  if (lateMs < -DEAD_BAND_MS) return { kind: 'slew', byMs: lateMs };
  return { kind: 'fine' };
}

function wrongRate({ lag, late, count }: ArrivalWindows, ratio: number): number | undefined {
  for (const { windows, minGrowthMs } of LINES) {
    if (count < windows) continue;
    const { slope, span, worst } = lag.line(windows);
    const trueRatio = slope < MAX_SLOPE ? 1 / (1 - slope) : Number.POSITIVE_INFINITY;
    const wanted = Math.abs(trueRatio - 1) < MIN_RATE_ERROR ? 1 : trueRatio;
    const growthMs = (trueRatio / ratio - 1) * span;
    if (wanted === ratio || Math.abs(growthMs) < minGrowthMs) continue;
    if (worst > MAX_BESIDE_MS) continue;
    if (growthMs < 0 && rangeOf(late, windows).most > MAX_LATE_WHEN_FAST_MS) continue;
    return wanted;
  }
  return undefined;
}

function isSteadilyLate({ late, count }: ArrivalWindows): boolean {
  if (count < LATE_WINDOWS) return false;
  const { least, most } = rangeOf(late, LATE_WINDOWS);
  return most - least <= MAX_LATE_SPREAD_MS;
}

function rangeOf(points: ArrivalWindows['late'], length: number): { least: number; most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < length; i++) {
    least = Math.min(least, points.y(i));
    most = Math.max(most, points.y(i));
  }
  return { least, most };
}
