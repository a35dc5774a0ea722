import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/base/units.ts';
import { planSchedule } from '../../src/channels/schedule.ts';
import { localToUtcMs, zoneOffsetMs } from '../../src/channels/zone-time.ts';
import type { WeeklySchedule } from '../../src/config/settings.ts';
import { isScheduledOn } from '../../src/link/plan.ts';

const EVERY_DAY: WeeklySchedule['spans'][number]['days'] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function switchesOf(schedule: WeeklySchedule, now: string, until: string): string[] {
  const plan = planSchedule(schedule, Date.parse(now));
  const switches = plan.switches
    .filter(({ atUtcMs }) => atUtcMs <= Date.parse(until))
    .map(({ atUtcMs, isOn }) => `${new Date(atUtcMs).toISOString().slice(0, 16)} ${isOn ? 'on' : 'off'}`);
  return [plan.isOn ? 'on' : 'off', ...switches];
}

describe('weekly schedule', () => {
  const cases: { name: string; schedule: WeeklySchedule; now: string; until: string; expected: string[] }[] = [
    {
      name: 'office hours in winter, from a night on',
      schedule: { timeZone: 'Europe/Berlin', spans: [{ days: ['mon', 'tue'], from: '08:00', to: '18:00' }] },
      now: '2026-01-05T00:00Z', // a Monday
      until: '2026-01-12T00:00Z',
      expected: ['off', '2026-01-05T07:00 on', '2026-01-05T17:00 off', '2026-01-06T07:00 on', '2026-01-06T17:00 off'],
    },
    {
      name: 'a span over midnight is on at the start when it began the day before',
      schedule: { timeZone: 'Europe/Berlin', spans: [{ days: ['fri'], from: '22:00', to: '06:00' }] },
      now: '2026-01-10T01:00Z', // Saturday, 02:00 in Berlin
      until: '2026-01-17T00:00Z',
      expected: ['on', '2026-01-10T05:00 off', '2026-01-16T21:00 on'],
    },
    {
      name: 'spans that touch at midnight do not switch there',
      schedule: { timeZone: 'Europe/Berlin', spans: [{ days: EVERY_DAY, from: '00:00', to: '24:00' }] },
      now: '2026-01-05T10:00Z',
      until: '2026-01-18T00:00Z',
      expected: ['on'],
    },
    {
      name: 'Berlin, clocks forward: the span that begins in the missing hour begins when the clocks jump',
      schedule: { timeZone: 'Europe/Berlin', spans: [{ days: ['sun'], from: '02:30', to: '04:00' }] },
      now: '2026-03-28T12:00Z',
      until: '2026-03-29T12:00Z',
      expected: ['off', '2026-03-29T01:00 on', '2026-03-29T02:00 off'],
    },
    {
      name: 'Berlin, clocks forward: office hours come an hour earlier in UTC',
      schedule: { timeZone: 'Europe/Berlin', spans: [{ days: ['sat', 'mon'], from: '08:00', to: '18:00' }] },
      now: '2026-03-28T00:00Z',
      until: '2026-03-31T00:00Z',
      expected: ['off', '2026-03-28T07:00 on', '2026-03-28T17:00 off', '2026-03-30T06:00 on', '2026-03-30T16:00 off'],
    },
    {
      name: 'Berlin, clocks back: a span in the doubled hour lasts from its first to its last showing',
      schedule: { timeZone: 'Europe/Berlin', spans: [{ days: ['sun'], from: '02:15', to: '02:45' }] },
      now: '2026-10-24T12:00Z',
      until: '2026-10-25T12:00Z',
      expected: ['off', '2026-10-25T00:15 on', '2026-10-25T01:45 off'],
    },
    {
      name: 'New York, clocks forward: a span that ends in the missing hour ends when the clocks jump',
      schedule: { timeZone: 'America/New_York', spans: [{ days: ['sun'], from: '01:00', to: '02:30' }] },
      now: '2026-03-08T00:00Z',
      until: '2026-03-09T00:00Z',
      expected: ['off', '2026-03-08T06:00 on', '2026-03-08T07:00 off'],
    },
    {
      name: 'New York, clocks back: the night from Saturday to Sunday is an hour longer',
      schedule: { timeZone: 'America/New_York', spans: [{ days: ['sat'], from: '20:00', to: '06:00' }] },
      now: '2026-10-31T12:00Z',
      until: '2026-11-02T00:00Z',
      expected: ['off', '2026-11-01T00:00 on', '2026-11-01T11:00 off'],
    },
    {
      name: 'Kathmandu, a quarter of an hour off and without clock changes',
      schedule: { timeZone: 'Asia/Kathmandu', spans: [{ days: ['wed'], from: '00:00', to: '12:00' }] },
      now: '2026-01-06T00:00Z',
      until: '2026-01-08T00:00Z',
      expected: ['off', '2026-01-06T18:15 on', '2026-01-07T06:15 off'],
    },
  ];
  it.each(cases)('$name', ({ schedule, now, until, expected }) => {
    expect(switchesOf(schedule, now, until)).toEqual(expected);
  });

  it('no schedule is always on, a channel that is switched off never', () => {
    expect(planSchedule(null, 0)).toEqual({ isOn: true, switches: [] });
  });

  it('reaches 14 days ahead', () => {
    const now = Date.parse('2026-05-01T00:00Z');
    const schedule = { timeZone: 'UTC', spans: [{ days: EVERY_DAY, from: '08:00', to: '09:00' }] };
    const { switches } = planSchedule(schedule, now);
    expect(switches).toHaveLength(28);
    expect(switches.at(-1)!.atUtcMs).toBeGreaterThan(now + 13 * DAY_MS);
  });

  it('is on exactly when a clock on the wall shows a time inside, away from clock changes', () => {
    const time = fc.integer({ min: 0, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(time, time, fc.integer({ min: 0, max: 13 * 24 * 60 }), (from, to, after) => {
        fc.pre(from !== to);
        const text = (minutes: number) =>
          `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
        const now = Date.parse('2026-06-01T00:00Z');
        const plan = planSchedule(
          { timeZone: 'Europe/Berlin', spans: [{ days: EVERY_DAY, from: text(from), to: text(to) }] },
          now,
        );
        const at = now + after * MINUTE_MS;
        const local = new Date(at + 2 * HOUR_MS); // summer time
        const minutes = local.getUTCHours() * 60 + local.getUTCMinutes();
        const isInside = from < to ? from <= minutes && minutes < to : minutes >= from || minutes < to;
        expect(isScheduledOn(plan, at)).toBe(isInside);
      }),
    );
  });
});

describe('time of a zone', () => {
  it('every local minute of a year leads to a moment at which the clock shows it, or to the jump over it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'),
        fc.integer({ min: 0, max: 365 * 24 * 60 - 1 }),
        (timeZone, minute) => {
          const local = new Date(Date.UTC(2026, 0, 1) + minute * MINUTE_MS);
          const date = { year: 2026, month: local.getUTCMonth() + 1, day: local.getUTCDate() };
          const minutes = local.getUTCHours() * 60 + local.getUTCMinutes();
          const first = localToUtcMs(timeZone, date, minutes, 'first');
          const last = localToUtcMs(timeZone, date, minutes, 'last');
          expect(first).toBeLessThanOrEqual(last);
          const shown = first + zoneOffsetMs(timeZone, first);
          if (shown !== local.getTime()) {
            // Skipped by the clocks: a second before the jump they showed less, at it more.
            expect(shown).toBeGreaterThan(local.getTime());
            expect(first - 1000 + zoneOffsetMs(timeZone, first - 1000)).toBeLessThan(local.getTime());
          }
        },
      ),
    );
  });
});
