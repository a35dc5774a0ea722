import type { ChannelStatus } from '../api/types.ts';
import { Icon } from '../parts/icon.tsx';
import { formatDate, parseLocal, zoneName } from '../text/format.ts';
import { localDay, type View } from '../timeline/view.ts';

/** Which channel, which day. */
export function PlaybackToolbar(props: {
  channels: readonly ChannelStatus[];
  channel: number;
  view: View;
  nowMs: number;
  onChannel: (number: number) => void;
  onDay: (timeMs: number) => void;
}) {
  const { view, nowMs } = props;
  const middleMs = (view.fromMs + view.toMs) / 2;
  const day = localDay(middleMs);
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
      <span class="push-right zone narrow-only">{zoneName(nowMs)}</span>
    </div>
  );
}
