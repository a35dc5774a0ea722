import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Span, Timeline as TimelineSpan } from '../api/types.ts';
import { Mark } from '../parts/notice.tsx';
import { formatDateTime, formatTime } from '../text/format.ts';
import { describeTime } from './describe.ts';
import { drawTimeline, HEIGHT_PX, readLook } from './draw.ts';
import { SpanHandles } from './span-handles.tsx';
import { useGestures } from './use-gestures.ts';
import { useWidth } from './use-width.ts';
import { clamp, pan, spanMs, timeAt, type View, zoom } from './view.ts';

const POINT_TOLERANCE_PX = 4;
/** Room for the tip on both sides of the pointer. */
const TIP_HALF_PX = 120;

/** Footage and gaps of one channel over the time on screen. */
export function Timeline(props: {
  label: string;
  view: View;
  data: TimelineSpan | undefined;
  nowMs: number;
  cursorMs: number | undefined;
  selection: Span | undefined;
  onView: (view: View) => void;
  onSeek: (timeMs: number) => void;
  onSelection: (span: Span) => void;
}) {
  const { view, data, nowMs, cursorMs, onView } = props;
  const area = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const widthPx = useWidth(area);
  const [pointedX, setPointedX] = useState<number>();
  const look = useMemo(() => readLook(document.documentElement), []);
  useGestures(area, { view, onView, onClick: props.onSeek, onPoint: setPointedX });

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || widthPx === 0) return;
    const scale = devicePixelRatio || 1;
    element.width = Math.round(widthPx * scale);
    element.height = HEIGHT_PX * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    drawTimeline(context, { view, widthPx, data, nowMs, cursorMs, look });
  });

  function onKeyDown(event: KeyboardEvent) {
    const span = spanMs(view);
    const middleMs = cursorMs ?? (view.fromMs + view.toMs) / 2;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => props.onSeek(middleMs - Math.max(1_000, span / 60)),
      ArrowRight: () => props.onSeek(middleMs + Math.max(1_000, span / 60)),
      PageUp: () => onView(pan(view, -span / 2)),
      PageDown: () => onView(pan(view, span / 2)),
      Home: () => props.onSeek(view.fromMs),
      End: () => props.onSeek(Math.min(view.toMs, nowMs)),
      '+': () => onView(zoom(view, 0.5, middleMs)),
      '=': () => onView(zoom(view, 0.5, middleMs)),
      '-': () => onView(zoom(view, 2, middleMs)),
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  const msPerPx = spanMs(view) / Math.max(1, widthPx);
  const atCursor = cursorMs === undefined ? undefined : describeTime(data, cursorMs, nowMs);
  return (
    <div class="timeline">
      {/* The tip may reach out of the area, the rest may not. */}
      <div
        ref={area}
        class="timeline-area"
        role="slider"
        tabIndex={0}
        aria-label={`Timeline of ${props.label}`}
        aria-valuemin={Math.round(view.fromMs)}
        aria-valuemax={Math.round(view.toMs)}
        aria-valuenow={Math.round(clamp(cursorMs ?? view.fromMs, view.fromMs, view.toMs))}
        aria-valuetext={
          cursorMs === undefined
            ? 'no time chosen'
            : `${formatDateTime(cursorMs)}, ${atCursor?.text} ${atCursor?.detail}`
        }
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} class="timeline-canvas" />
      </div>
      {props.selection && widthPx > 0 && (
        <SpanHandles view={view} widthPx={widthPx} span={props.selection} nowMs={nowMs} onSpan={props.onSelection} />
      )}
      {pointedX !== undefined && widthPx > 0 && (
        <Tip
          x={clamp(pointedX, TIP_HALF_PX, Math.max(TIP_HALF_PX, widthPx - TIP_HALF_PX))}
          timeMs={timeAt(view, pointedX, widthPx)}
          described={describeTime(data, timeAt(view, pointedX, widthPx), nowMs, msPerPx * POINT_TOLERANCE_PX)}
        />
      )}
    </div>
  );
}

function Tip(props: { x: number; timeMs: number; described: ReturnType<typeof describeTime> }) {
  const { described } = props;
  return (
    <div class="tip" role="tooltip" style={{ left: `${props.x}px` }}>
      <strong>{formatTime(props.timeMs)}</strong>
      {described.text && (
        <span class="tip-what">
          <Mark tone={described.tone} /> {described.text}
        </span>
      )}
      {described.detail && <span class="muted">{described.detail}</span>}
    </div>
  );
}
