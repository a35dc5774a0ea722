import { useRef } from 'preact/hooks';
import type { Span } from '../api/types.ts';
import { formatDateTime } from '../text/format.ts';
import { clamp, spanMs, type View, xOf } from './view.ts';

/** A clip of nothing cannot be downloaded. */
const MIN_CLIP_MS = 1_000;

/** The two ends of the clip, to drag or to move with the arrow keys. */
export function SpanHandles(props: {
  view: View;
  widthPx: number;
  span: Span;
  nowMs: number;
  onSpan: (span: Span) => void;
}) {
  const { view, widthPx, span, nowMs, onSpan } = props;
  const left = clamp(xOf(view, span.fromUtcMs, widthPx), 0, widthPx);
  const right = clamp(xOf(view, span.toUtcMs, widthPx), 0, widthPx);
  const msPerPx = spanMs(view) / Math.max(1, widthPx);
  const setFrom = (timeMs: number) => onSpan({ ...span, fromUtcMs: Math.min(timeMs, span.toUtcMs - MIN_CLIP_MS) });
  const setTo = (timeMs: number) => onSpan({ ...span, toUtcMs: clamp(timeMs, span.fromUtcMs + MIN_CLIP_MS, nowMs) });
  return (
    <>
      <div class="clip-span" style={{ left: `${left}px`, width: `${Math.max(0, right - left)}px` }} />
      <Handle
        name="Begin of the clip"
        timeMs={span.fromUtcMs}
        view={view}
        widthPx={widthPx}
        msPerPx={msPerPx}
        onTime={setFrom}
      />
      <Handle
        name="End of the clip"
        timeMs={span.toUtcMs}
        view={view}
        widthPx={widthPx}
        msPerPx={msPerPx}
        onTime={setTo}
      />
    </>
  );
}

function Handle(props: {
  name: string;
  timeMs: number;
  view: View;
  widthPx: number;
  msPerPx: number;
  onTime: (timeMs: number) => void;
}) {
  const drag = useRef<{ x: number; timeMs: number } | undefined>(undefined);
  const x = xOf(props.view, props.timeMs, props.widthPx);
  if (x < -1 || x > props.widthPx + 1) return null;

  function onKeyDown(event: KeyboardEvent) {
    const stepMs = event.shiftKey ? 10_000 : 1_000;
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    props.onTime(props.timeMs + (event.key === 'ArrowLeft' ? -stepMs : stepMs));
  }

  return (
    <div
      class="clip-handle"
      role="slider"
      tabIndex={0}
      aria-label={props.name}
      aria-valuenow={Math.round(props.timeMs)}
      aria-valuetext={formatDateTime(props.timeMs)}
      style={{ left: `${x}px` }}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { x: event.clientX, timeMs: props.timeMs };
      }}
      onPointerMove={(event) => {
        if (drag.current) props.onTime(drag.current.timeMs + (event.clientX - drag.current.x) * props.msPerPx);
      }}
      onPointerUp={() => {
        drag.current = undefined;
      }}
      onPointerCancel={() => {
        drag.current = undefined;
      }}
    />
  );
}
