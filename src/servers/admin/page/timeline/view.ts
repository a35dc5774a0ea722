import { DAY_MS, MINUTE_MS } from '../../../../base/units.ts';

/** The part of time that is on screen. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
}

export const MIN_SPAN_MS = MINUTE_MS;
/** A day with an hour more, because a day on which clocks go back has 25. */
export const MAX_SPAN_MS = DAY_MS + 60 * MINUTE_MS;

export function spanMs(view: View): number {
  return view.toMs - view.fromMs;
}

export function timeAt(view: View, x: number, widthPx: number): number {
  return view.fromMs + (spanMs(view) * x) / Math.max(1, widthPx);
}

export function xOf(view: View, timeMs: number, widthPx: number): number {
  return ((timeMs - view.fromMs) / spanMs(view)) * widthPx;
}

/** Keeps `anchorMs` where it is on screen; factor 0.5 shows half as much. */
export function zoom(view: View, factor: number, anchorMs: number): View {
  const span = clamp(spanMs(view) * factor, MIN_SPAN_MS, MAX_SPAN_MS);
  const share = (anchorMs - view.fromMs) / spanMs(view);
  const fromMs = anchorMs - span * share;
  return { fromMs, toMs: fromMs + span };
}

export function pan(view: View, deltaMs: number): View {
  return { fromMs: view.fromMs + deltaMs, toMs: view.toMs + deltaMs };
}

/** Never further into the future than to have "now" at three quarters: there is nothing there. */
export function keepNearNow(view: View, nowMs: number): View {
  const latestToMs = nowMs + spanMs(view) / 4;
  return view.toMs > latestToMs && view.fromMs > startOfLocalDay(nowMs) ? pan(view, latestToMs - view.toMs) : view;
}

/** Pages on when the cursor runs out of the view to the right; leaves the view alone when the user looks elsewhere. */
export function followCursor(view: View, previousMs: number, cursorMs: number): View {
  const wasVisible = previousMs >= view.fromMs && previousMs <= view.toMs;
  const isVisible = cursorMs >= view.fromMs && cursorMs <= view.toMs;
  if (!wasVisible || isVisible) return view;
  return pan(view, cursorMs - view.fromMs - spanMs(view) * 0.1);
}

export function centreOn(view: View, timeMs: number): View {
  return pan(view, timeMs - (view.fromMs + view.toMs) / 2);
}

/** The same length of time up to a little after `timeMs`, so that one sees it go on. */
export function endingAt(view: View, timeMs: number): View {
  return pan(view, timeMs + spanMs(view) * 0.05 - view.toMs);
}

/** Local midnight to local midnight: 23, 24 or 25 hours. */
export function localDay(timeMs: number): View {
  const fromMs = startOfLocalDay(timeMs);
  const end = new Date(fromMs);
  end.setDate(end.getDate() + 1);
  return { fromMs, toMs: end.getTime() };
}

export function startOfLocalDay(timeMs: number): number {
  const date = new Date(timeMs);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
