import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../base/units.ts';
import { Icon } from '../parts/icon.tsx';
import { endingAt, localDay, spanMs, type View, zoom } from '../timeline/view.ts';

const SPANS = [
  { label: 'Day', spanMs: DAY_MS },
  { label: 'Hour', spanMs: HOUR_MS },
  { label: '10 min', spanMs: 10 * MINUTE_MS },
  { label: 'Min', spanMs: MINUTE_MS },
] as const;

/** How much time is on screen. */
export function ZoomBar(props: {
  view: View;
  cursorMs: number | undefined;
  nowMs: number;
  onView: (view: View) => void;
}) {
  const { view, nowMs } = props;
  const middleMs = (view.fromMs + view.toMs) / 2;
  // What is looked at stays on screen: the cursor, else the present, else the middle.
  const isVisible = (timeMs: number | undefined) => timeMs !== undefined && timeMs > view.fromMs && timeMs < view.toMs;
  const anchorMs = [props.cursorMs, nowMs].find(isVisible) ?? middleMs;
  return (
    <div class="zoom">
      <fieldset class="choice">
        <legend class="visually-hidden">Time on screen</legend>
        {SPANS.map((entry) => (
          <button
            key={entry.label}
            type="button"
            aria-pressed={Math.abs(spanMs(view) / entry.spanMs - 1) < 0.06}
            onClick={() =>
              props.onView(
                entry.spanMs === DAY_MS ? localDay(anchorMs) : zoom(view, entry.spanMs / spanMs(view), anchorMs),
              )
            }
          >
            {entry.label}
          </button>
        ))}
      </fieldset>
      <div class="pager wide-only">
        <button
          type="button"
          class="square"
          aria-label="Zoom out"
          onClick={() => props.onView(zoom(view, 2, anchorMs))}
        >
          <Icon name="zoomOut" />
        </button>
        <button
          type="button"
          class="square"
          aria-label="Zoom in"
          onClick={() => props.onView(zoom(view, 0.5, anchorMs))}
        >
          <Icon name="zoomIn" />
        </button>
      </div>
      <button type="button" onClick={() => props.onView(endingAt(view, nowMs))}>
        Now
      </button>
    </div>
  );
}
