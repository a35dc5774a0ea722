import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../src/base/units.ts';
import {
  formatAgo,
  formatDateTime,
  formatDateTimeInput,
  formatDays,
  formatLength,
  formatMbps,
  parseLocal,
  zoneName,
} from '../../../../src/servers/admin/page/text/format.ts';

process.env.TZ = 'Europe/Berlin';

describe('time ago', () => {
  const cases: [string, number, string][] = [
    ['less than a second is now', 400, 'now'],
    ['a clock that runs ahead is now, not a negative time', -3 * SECOND_MS, 'now'],
    ['seconds', 2.9 * SECOND_MS, '2 s ago'],
    ['minutes', 5 * MINUTE_MS + 59 * SECOND_MS, '5 min ago'],
    ['hours up to two days', 47 * HOUR_MS, '47 h ago'],
    ['days', 4.5 * DAY_MS, '4 days ago'],
  ];
  it.each(cases)('%s', (_, agoMs, text) => expect(formatAgo(1e12 - agoMs, 1e12)).toBe(text));
});

describe('length', () => {
  const cases: [string, number, string][] = [
    ['seconds alone', 7_400, '7 s'],
    ['59.6 s round to a minute', 59_600, '1 min 00 s'],
    ['hours leave the seconds out', HOUR_MS + 4 * MINUTE_MS, '1 h 04 min'],
  ];
  it.each(cases)('%s', (_, durationMs, text) => expect(formatLength(durationMs)).toBe(text));
});

describe('figures', () => {
  it('megabits have one decimal below 100', () =>
    expect([2.04, 99.9, 128.2].map(formatMbps)).toEqual(['2.0', '99.9', '128']));
  it('days have one decimal below ten', () =>
    expect([0.5, 3.25, 16.8].map(formatDays)).toEqual(['12 h', '3.3 days', '16 days']));
});

describe('local time', () => {
  const summerMs = Date.UTC(2026, 6, 1, 22, 30, 5);
  it('shows the local day and time', () => expect(formatDateTime(summerMs)).toBe('2026-07-02 00:30:05'));
  it('reads back what it wrote into an input', () => expect(parseLocal(formatDateTimeInput(summerMs))).toBe(summerMs));
  it('takes a date for its local midnight', () => expect(parseLocal('2026-07-02')).toBe(Date.UTC(2026, 6, 1, 22)));
  it('takes a time without seconds, which browsers leave out when they are zero', () =>
    expect(parseLocal('2026-07-02T00:30')).toBe(Date.UTC(2026, 6, 1, 22, 30)));
  it.each(['', 'yesterday', '2026-7-2', '2026-07-02T00'])('refuses %j', (text) =>
    expect(parseLocal(text)).toBeUndefined(),
  );
  it('names the zone and how far it is ahead', () => expect(zoneName(summerMs)).toBe('Europe/Berlin (UTC+2)'));
});
