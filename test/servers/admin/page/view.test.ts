import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/base/units.ts';
import {
  followCursor,
  keepNearNow,
  localDay,
  MAX_SPAN_MS,
  MIN_SPAN_MS,
  spanMs,
  timeAt,
  xOf,
  zoom,
} from '../../../../src/servers/admin/page/timeline/view.ts';

process.env.TZ = 'Europe/Berlin';
const noonMs = Date.UTC(2026, 10, 23, 12);
const view = { fromMs: noonMs, toMs: noonMs + HOUR_MS };

describe('time and place on the timeline', () => {
  it('the left edge is the begin, the right edge the end', () => {
    expect([timeAt(view, 0, 600), timeAt(view, 600, 600)]).toEqual([view.fromMs, view.toMs]);
    expect([xOf(view, view.fromMs, 600), xOf(view, view.toMs, 600)]).toEqual([0, 600]);
  });

  it('zooming keeps the time below the pointer where it is, within a minute and a day', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const factor = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(
      fc.property(share, factor, (at, by) => {
        const anchorMs = timeAt(view, at * 600, 600);
        const zoomed = zoom(view, by, anchorMs);
        expect(xOf(zoomed, anchorMs, 600)).toBeCloseTo(at * 600, 3);
        expect(spanMs(zoomed)).toBeGreaterThanOrEqual(MIN_SPAN_MS - 1);
        expect(spanMs(zoomed)).toBeLessThanOrEqual(MAX_SPAN_MS + 1);
      }),
    );
  });
});

describe('what is shown', () => {
  it('does not run away into the future', () => {
    const shown = keepNearNow({ fromMs: noonMs + 5 * HOUR_MS, toMs: noonMs + 6 * HOUR_MS }, noonMs);
    expect(shown.toMs).toBe(noonMs + HOUR_MS / 4);
  });
  it('today is shown whole, although its evening has not come', () => {
    const today = localDay(noonMs);
    expect(keepNearNow(today, noonMs)).toEqual(today);
  });
  it('turns the page when playback runs out of it', () => {
    const turned = followCursor(view, view.toMs - 50, view.toMs + 50);
    expect(xOf(turned, view.toMs + 50, 100)).toBeCloseTo(10);
  });
  it('stays where the user looks while playback is elsewhere', () =>
    expect(followCursor(view, view.toMs + DAY_MS, view.toMs + DAY_MS + 100)).toBe(view));
});

describe('local day', () => {
  const cases: [string, number, number][] = [
    ['an ordinary day has 24 hours', noonMs, 24],
    ['the day on which clocks go forward has 23', Date.UTC(2026, 2, 29, 10), 23],
    ['the day on which clocks go back has 25', Date.UTC(2026, 9, 25, 10), 25],
  ];
  it.each(cases)('%s', (_, timeMs, hours) => expect(spanMs(localDay(timeMs))).toBe(hours * HOUR_MS));
  it('fits on the screen whole', () => expect(MAX_SPAN_MS).toBeGreaterThanOrEqual(25 * 60 * MINUTE_MS));
});
