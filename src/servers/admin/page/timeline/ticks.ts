import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../base/units.ts';
import { formatTime } from '../text/format.ts';
import { spanMs, startOfLocalDay, type View } from './view.ts';

export interface Tick {
  readonly timeMs: number;
  readonly label: string;
}

const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 4, 6, 12].map((hours) => hours * HOUR_MS),
];

/** Narrower than this two labels would run into each other. */
const LABEL_MIN_PX = 64;

/** Round local times, at most one for each 64 pixels. */
export function ticks(view: View, widthPx: number): Tick[] {
  const msPerPx = spanMs(view) / Math.max(1, widthPx);
  const stepMs = STEPS_MS.find((step) => step / msPerPx >= LABEL_MIN_PX) ?? 12 * HOUR_MS;
  const list: Tick[] = [];
  for (let timeMs = firstTick(view.fromMs, stepMs); timeMs <= view.toMs; timeMs = nextTick(timeMs, stepMs)) {
    if (timeMs >= view.fromMs) list.push({ timeMs, label: label(timeMs, stepMs) });
  }
  return list;
}

/** Counted from local midnight, so that zones which are half an hour off have round labels too. */
function firstTick(fromMs: number, stepMs: number): number {
  const midnightMs = startOfLocalDay(fromMs);
  if (stepMs < HOUR_MS) return midnightMs + Math.ceil((fromMs - midnightMs) / stepMs) * stepMs;
  return midnightMs;
}

/** Steps of hours go by the wall clock: when summer time begins or ends they stay on 3, 6, 9. */
function nextTick(timeMs: number, stepMs: number): number {
  if (stepMs <= HOUR_MS) return timeMs + stepMs;
  const next = new Date(timeMs);
  next.setHours(next.getHours() + stepMs / HOUR_MS);
  // In the hour that does not exist the clock may land on the same instant again.
  return Math.max(next.getTime(), timeMs + HOUR_MS);
}

function label(timeMs: number, stepMs: number): string {
  const time = formatTime(timeMs);
  return stepMs < MINUTE_MS ? time : time.slice(0, 5);
}
