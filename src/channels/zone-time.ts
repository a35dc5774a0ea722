import { DAY_MS } from '../base/units.ts';

/** A day in a calendar, without a place: month 1 to 12. */
export interface LocalDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** What is added to UTC to get the local time of the zone at that moment. */
export function zoneOffsetMs(timeZone: string, utcMs: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(utcMs)) parts[type] = Number(value);
  const local = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!);
  return local - Math.floor(utcMs / 1000) * 1000;
}

export function localDateOf(timeZone: string, utcMs: number): LocalDate {
  return dateOf(utcMs + zoneOffsetMs(timeZone, utcMs));
}

export function addDays(date: LocalDate, days: number): LocalDate {
  return dateOf(Date.UTC(date.year, date.month - 1, date.day) + days * DAY_MS);
}

/** 0 for Monday. */
export function weekdayIndex(date: LocalDate): number {
  return (new Date(Date.UTC(date.year, date.month - 1, date.day)).getUTCDay() + 6) % 7;
}

/**
 * The moment at which clocks of the zone show `minutes` after midnight of the date. Where the clocks go back and show it twice,
 * `side` says which is meant. Where they go forward and never show it, it is the moment at which they do.
 */
export function localToUtcMs(timeZone: string, date: LocalDate, minutes: number, side: 'first' | 'last'): number {
  const localMs = Date.UTC(date.year, date.month - 1, date.day) + minutes * 60_000;
  // No zone changes twice within two days, so that these two are all the offsets that can hold around this time.
  const before = zoneOffsetMs(timeZone, localMs - DAY_MS);
  const after = zoneOffsetMs(timeZone, localMs + DAY_MS);
  const candidates = [localMs - before, localMs - after].filter(
    (utcMs) => utcMs + zoneOffsetMs(timeZone, utcMs) === localMs,
  );
  if (candidates.length > 0) return side === 'first' ? Math.min(...candidates) : Math.max(...candidates);
  return transitionMs(timeZone, localMs - after, localMs - before);
}

/** The first moment after `fromMs` at which the offset is no longer that of `fromMs`, by halving, exact to a second. */
function transitionMs(timeZone: string, fromMs: number, toMs: number): number {
  const offset = zoneOffsetMs(timeZone, fromMs);
  let low = fromMs;
  let high = toMs;
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (zoneOffsetMs(timeZone, middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}

function dateOf(localMs: number): LocalDate {
  const date = new Date(localMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
