import { DAY_MS } from '../base/units.ts';

export interface ForecastDrive {
  readonly driveId: string;
  /** What footage may fill: what it fills already and what is free. */
  readonly usableBytes: number;
}

/** Below this nothing is said: a rate measured over the first minute of one camera would promise years. */
const MIN_MBPS = 0.01;

/**
 * How many days of footage each drive will hold at the rate measured now. Footage is spread over the drives by their size, so that
 * all of them reach back equally far, and no farther than the maximum age. Null while nothing is recorded.
 */
export function forecastDays(
  drives: readonly ForecastDrive[],
  measuredMbps: number,
  maxAgeDays: number | null,
): ReadonlyMap<string, number | null> {
  const usableBytes = drives.reduce((sum, drive) => sum + drive.usableBytes, 0);
  const bytesPerDay = (measuredMbps * 1_000_000 * DAY_MS) / 1000 / 8;
  const days =
    measuredMbps < MIN_MBPS ? null : Math.min(usableBytes / bytesPerDay, maxAgeDays ?? Number.POSITIVE_INFINITY);
  return new Map(drives.map((drive) => [drive.driveId, days]));
}
