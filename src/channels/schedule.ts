import { DAY_MS } from '../base/units.ts';
import { WEEKDAYS, type WeeklySchedule } from '../config/settings.ts';
import { PLAN_HORIZON_DAYS, type PlanSchedule } from '../link/plan.ts';
import { addDays, localDateOf, localToUtcMs, weekdayIndex } from './zone-time.ts';

const ALWAYS: PlanSchedule = { isOn: true, switches: [] };

/**
 * A weekly schedule as the recorder takes it: whether the channel records now, and the moments in UTC at which that changes over
 * the horizon. Where clocks are changed, the longer reading wins: a span from 02:30 begins at the first 02:30 of the night, one
 * until 02:30 ends at the last, and neither is left out when the clocks jump over it.
 */
export function planSchedule(schedule: WeeklySchedule | null, nowUtcMs: number): PlanSchedule {
  if (schedule === null) return ALWAYS;
  const spans = merge(spansAround(schedule, nowUtcMs));
  const endMs = nowUtcMs + PLAN_HORIZON_DAYS * DAY_MS;
  const switches = spans
    .flatMap(([fromMs, toMs]) => [
      { atUtcMs: fromMs, isOn: true },
      { atUtcMs: toMs, isOn: false },
    ])
    .filter(({ atUtcMs }) => atUtcMs > nowUtcMs && atUtcMs <= endMs);
  return { isOn: spans.some(([fromMs, toMs]) => fromMs <= nowUtcMs && nowUtcMs < toMs), switches };
}

type Span = [fromMs: number, toMs: number];

/** Every span that touches the horizon; from the day before, because a span may reach over midnight. */
function spansAround(schedule: WeeklySchedule, nowUtcMs: number): Span[] {
  const { timeZone } = schedule;
  const today = localDateOf(timeZone, nowUtcMs);
  const spans: Span[] = [];
  for (let day = -2; day <= PLAN_HORIZON_DAYS + 1; day++) {
    const date = addDays(today, day);
    const name = WEEKDAYS[weekdayIndex(date)]!;
    for (const span of schedule.spans) {
      if (!span.days.includes(name)) continue;
      const from = minutesOf(span.from);
      const to = minutesOf(span.to);
      const endDate = to <= from ? addDays(date, 1) : date;
      const fromMs = localToUtcMs(timeZone, date, from, 'first');
      const toMs = localToUtcMs(timeZone, endDate, to, 'last');
      if (toMs > fromMs) spans.push([fromMs, toMs]);
    }
  }
  return spans;
}

/** Spans that touch or overlap become one, so that the channel does not stop for an instant between them. */
function merge(spans: Span[]): Span[] {
  const merged: Span[] = [];
  for (const [fromMs, toMs] of spans.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && fromMs <= last[1]) last[1] = Math.max(last[1], toMs);
    else merged.push([fromMs, toMs]);
  }
  return merged;
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}
