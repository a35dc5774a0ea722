export const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The end of the year 9999: the last time that ISO 8601 writes without a sign. */
export const MAX_UTC_MS = 253_402_300_799_999;

/** Megabits (10^6) per second out of bytes over a time. */
export function mbps(bytes: number, durationMs: number): number {
  return durationMs > 0 ? (bytes * 8) / (durationMs * 1000) : 0;
}

/** "12.3 MB", decimal as drive makers print it. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
