import type { Timeline } from '../api/types.ts';
import { formatDate } from '../text/format.ts';
import { causeWords, type Tone } from '../text/words.ts';
import { ticks } from './ticks.ts';
import { startOfLocalDay, type View, xOf } from './view.ts';

/** Taken from the style sheet, so that the picture follows it. */
export interface Look {
  readonly track: string;
  readonly footage: string;
  readonly gap: Readonly<Record<Tone, string>>;
  readonly line: string;
  readonly text: string;
  readonly cursor: string;
  readonly font: string;
}

export const AXIS_PX = 24;
export const HEIGHT_PX = 76;
const BAND_TOP_PX = AXIS_PX + 8;
const BAND_BOTTOM_PX = HEIGHT_PX - 8;
/** A gap of a second must still be seen when a day is shown. */
const GAP_MIN_PX = 2;

export function readLook(element: Element): Look {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    track: colour('--track'),
    footage: colour('--footage'),
    gap: { good: colour('--bad'), bad: colour('--bad'), wait: colour('--wait'), idle: colour('--idle') },
    line: colour('--line-strong'),
    text: colour('--text-2'),
    cursor: colour('--text'),
    font: `12px ${style.fontFamily}`,
  };
}

export function drawTimeline(
  context: CanvasRenderingContext2D,
  scene: {
    readonly view: View;
    readonly widthPx: number;
    readonly data: Timeline | undefined;
    readonly nowMs: number;
    readonly cursorMs: number | undefined;
    readonly look: Look;
  },
): void {
  const { view, widthPx, data, look } = scene;
  const x = (timeMs: number) => xOf(view, timeMs, widthPx);
  const bandPx = BAND_BOTTOM_PX - BAND_TOP_PX;
  context.clearRect(0, 0, widthPx, HEIGHT_PX);

  // What has not happened yet is left out of the track.
  context.fillStyle = look.track;
  context.fillRect(0, BAND_TOP_PX, Math.min(widthPx, Math.max(0, x(scene.nowMs))), bandPx);
  context.fillStyle = look.footage;
  for (const span of data?.footage ?? []) {
    const left = x(span.fromUtcMs);
    context.fillRect(left, BAND_TOP_PX, Math.max(1, x(span.toUtcMs) - left), bandPx);
  }
  for (const gap of data?.gaps ?? []) {
    const left = x(gap.fromUtcMs);
    const right = x(gap.toUtcMs ?? scene.nowMs);
    const width = Math.max(GAP_MIN_PX, right - left);
    if (left > widthPx || left + width < 0) continue;
    drawGap(context, Math.max(0, left), Math.min(widthPx, left + width), bandPx, look.gap[causeWords(gap.cause).tone]);
  }
  drawAxis(context, view, widthPx, look);
  if (scene.cursorMs !== undefined) drawCursor(context, x(scene.cursorMs), look.cursor);
}

/** Striped, so that a gap is told from footage without seeing its colour. */
function drawGap(
  context: CanvasRenderingContext2D,
  left: number,
  right: number,
  heightPx: number,
  colour: string,
): void {
  context.save();
  context.beginPath();
  context.rect(left, BAND_TOP_PX, right - left, heightPx);
  context.clip();
  context.globalAlpha = 0.35;
  context.fillStyle = colour;
  context.fillRect(left, BAND_TOP_PX, right - left, heightPx);
  context.globalAlpha = 1;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let x = Math.floor((left - heightPx) / 6) * 6; x < right; x += 6) {
    context.moveTo(x, BAND_BOTTOM_PX);
    context.lineTo(x + heightPx, BAND_TOP_PX);
  }
  context.stroke();
  context.restore();
}

function drawAxis(context: CanvasRenderingContext2D, view: View, widthPx: number, look: Look): void {
  context.font = look.font;
  context.textBaseline = 'middle';
  context.lineWidth = 1;
  for (const tick of ticks(view, widthPx)) {
    const x = Math.round(xOf(view, tick.timeMs, widthPx)) + 0.5;
    const isMidnight = tick.timeMs === startOfLocalDay(tick.timeMs);
    context.strokeStyle = look.line;
    context.beginPath();
    context.moveTo(x, AXIS_PX - 4);
    context.lineTo(x, isMidnight ? HEIGHT_PX : AXIS_PX + 4);
    context.stroke();
    context.fillStyle = look.text;
    const text = isMidnight ? formatDate(tick.timeMs).slice(5) : tick.label;
    const half = context.measureText(text).width / 2;
    if (x - half >= 0 && x + half <= widthPx) context.fillText(text, x - half, AXIS_PX / 2 - 1);
  }
}

function drawCursor(context: CanvasRenderingContext2D, at: number, colour: string): void {
  const x = Math.round(at) + 0.5;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, AXIS_PX);
  context.lineTo(x, HEIGHT_PX);
  context.stroke();
  context.beginPath();
  context.moveTo(x - 5, AXIS_PX - 3);
  context.lineTo(x + 5, AXIS_PX - 3);
  context.lineTo(x, AXIS_PX + 5);
  context.fill();
}
