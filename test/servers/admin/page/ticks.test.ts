import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/base/units.ts';
import { ticks } from '../../../../src/servers/admin/page/timeline/ticks.ts';
import { localDay } from '../../../../src/servers/admin/page/timeline/view.ts';

process.env.TZ = 'Europe/Berlin';
const noonMs = Date.UTC(2026, 10, 23, 11);
const labels = (fromMs: number, span: number, widthPx: number) =>
  ticks({ fromMs, toMs: fromMs + span }, widthPx).map((tick) => tick.label);

describe('labels of the time axis', () => {
  it('a minute on a desktop: every five seconds', () =>
    expect(labels(noonMs, MINUTE_MS, 1000).slice(0, 3)).toEqual(['12:00:00', '12:00:05', '12:00:10']));
  it('an hour on a phone: every quarter', () =>
    expect(labels(noonMs, HOUR_MS, 366)).toEqual(['12:00', '12:15', '12:30', '12:45', '13:00']));
  it('a day on a desktop: every two hours, by the local clock', () =>
    expect(labels(localDay(noonMs).fromMs, DAY_MS, 1200).slice(0, 3)).toEqual(['00:00', '02:00', '04:00']));
  it('begins with the first round time inside the view', () =>
    expect(labels(noonMs + 61_000, HOUR_MS, 366)[0]).toBe('12:15'));

  it('stays on round hours when clocks go back, and shows no hour twice', () => {
    const day = localDay(Date.UTC(2026, 9, 25, 10));
    expect(ticks(day, 600).map((tick) => tick.label)).toEqual([
      '00:00',
      '03:00',
      '06:00',
      '09:00',
      '12:00',
      '15:00',
      '18:00',
      '21:00',
      '00:00',
    ]);
  });
  it('never closer together than a label is wide, whatever is shown', () => {
    for (const span of [MINUTE_MS, 7 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS, DAY_MS]) {
      const list = ticks({ fromMs: noonMs, toMs: noonMs + span }, 366);
      expect(list.length).toBeLessThanOrEqual(Math.floor(366 / 64) + 1);
      expect(list.length).toBeGreaterThan(1);
    }
  });
});
