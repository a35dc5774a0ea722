import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../base/units.ts';

/** "now", "2 s ago", "5 min ago", "3 h ago", "4 days ago". */
export function formatAgo(thenUtcMs: number, nowUtcMs: number): string {
  const agoMs = Math.max(0, nowUtcMs - thenUtcMs);
  return agoMs < SECOND_MS ? 'now' : `${formatDuration(agoMs)} ago`;
}

/** One unit, rounded down: "42 s", "5 min", "3 h", "4 days". */
export function formatDuration(durationMs: number): string {
  if (durationMs < MINUTE_MS) return `${Math.floor(durationMs / SECOND_MS)} s`;
  if (durationMs < HOUR_MS) return `${Math.floor(durationMs / MINUTE_MS)} min`;
  if (durationMs < 2 * DAY_MS) return `${Math.floor(durationMs / HOUR_MS)} h`;
  return `${Math.floor(durationMs / DAY_MS)} days`;
}

/** Two units, for what is added up or measured: "1 h 04 min", "2 min 05 s", "7 s". */
export function formatLength(durationMs: number): string {
  const totalS = Math.round(durationMs / SECOND_MS);
  const hours = Math.floor(totalS / 3600);
  const minutes = Math.floor((totalS % 3600) / 60);
  const seconds = totalS % 60;
  if (hours > 0) return `${hours} h ${pad(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${pad(seconds)} s`;
  return `${seconds} s`;
}

/** "2.4" below 100, "128" from there on. */
export function formatMbps(rateMbps: number): string {
  return rateMbps < 100 ? rateMbps.toFixed(1) : rateMbps.toFixed(0);
}

export function formatDays(days: number): string {
  if (days < 1) return `${formatDuration(days * DAY_MS)}`;
  return days < 10 ? `${days.toFixed(1)} days` : `${Math.floor(days)} days`;
}

/** Local wall time of the browser, 24 h: "14:03:22". */
export function formatTime(utcMs: number): string {
  const date = new Date(utcMs);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** "2026-11-23 14:03:22", local. */
export function formatDateTime(utcMs: number): string {
  return `${formatDate(utcMs)} ${formatTime(utcMs)}`;
}

/** "2026-11-23", local; what a date input holds. */
export function formatDate(utcMs: number): string {
  const date = new Date(utcMs);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** What a `datetime-local` input with seconds holds. */
export function formatDateTimeInput(utcMs: number): string {
  return `${formatDate(utcMs)}T${formatTime(utcMs)}`;
}

/** The inverse of `formatDateTimeInput` and `formatDate`; undefined for what is no date. */
export function parseLocal(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const utcMs = new Date(year, month - 1, day, hour, minute, second).getTime();
  return Number.isNaN(utcMs) ? undefined : utcMs;
}

/** "Europe/Berlin (UTC+1)". */
export function zoneName(utcMs: number): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const aheadMin = -new Date(utcMs).getTimezoneOffset();
  if (aheadMin === 0) return zone === 'UTC' ? 'UTC' : `${zone} (UTC)`;
  const hours = Math.floor(Math.abs(aheadMin) / 60);
  const minutes = Math.abs(aheadMin) % 60;
  return `${zone} (UTC${aheadMin < 0 ? '−' : '+'}${hours}${minutes ? `:${pad(minutes)}` : ''})`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
