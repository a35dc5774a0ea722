import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../base/units.ts';
import type { ChannelStatus } from '../api/types.ts';
import { Icon } from '../parts/icon.tsx';
import { formatDate, parseLocal, zoneName } from '../text/format.ts';
import { endingAt, localDay, spanMs, type View, zoom } from '../timeline/view.ts';

const SPANS = [
  { label: 'Day', spanMs: DAY_MS },
  { label: 'Hour', spanMs: HOUR_MS },
  { label: '10 min', spanMs: 10 * MINUTE_MS },
  { label: 'Min', spanMs: MINUTE_MS },
] as const;

/** Which channel, which day, how much of it. */
export function PlaybackToolbar(props: {
  channels: readonly ChannelStatus[];
  channel: number;
  view: View;
  cursorMs: number | undefined;
  nowMs: number;
  onChannel: (number: number) => void;
  onDay: (timeMs: number) => void;
  onView: (view: View) => void;
}) {
  const { view, nowMs } = props;
  const middleMs = (view.fromMs + view.toMs) / 2;
  const day = localDay(middleMs);
  // What is looked at stays on screen: the cursor, else the present, else the middle.
  const isVisible = (timeMs: number | undefined) => timeMs !== undefined && timeMs > view.fromMs && timeMs < view.toMs;
  const anchorMs = [props.cursorMs, nowMs].find(isVisible) ?? middleMs;
  return (
    <div class="toolbar">
      <select
        aria-label="Channel"
        value={String(props.channel)}
        onChange={(event) => props.onChannel(Number(event.currentTarget.value))}
      >
        {props.channels.map((channel) => (
          <option key={channel.number} value={String(channel.number)}>
            {channel.number} · {channel.name}
          </option>
        ))}
      </select>
      <div class="pager">
        <button type="button" class="square" aria-label="Day before" onClick={() => props.onDay(day.fromMs - 1)}>
          <Icon name="left" />
        </button>
        <input
          type="date"
          aria-label="Day"
          value={formatDate(middleMs)}
          max={formatDate(nowMs)}
          onChange={(event) => {
            const dayMs = parseLocal(event.currentTarget.value);
            if (dayMs !== undefined) props.onDay(dayMs);
          }}
        />
        <button
          type="button"
          class="square"
          aria-label="Day after"
          disabled={day.toMs > nowMs}
          onClick={() => props.onDay(day.toMs)}
        >
          <Icon name="right" />
        </button>
      </div>
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
      <div class="pager">
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
        <button type="button" onClick={() => props.onView(endingAt(view, nowMs))}>
          Now
        </button>
      </div>
      <span class="push-right zone narrow-only">{zoneName(nowMs)}</span>
    </div>
  );
}
