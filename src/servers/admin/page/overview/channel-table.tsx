import type { ChannelStatus, Status } from '../api/types.ts';
import { Bar } from '../parts/bar.tsx';
import { Icon } from '../parts/icon.tsx';
import { StateLabel } from '../parts/notice.tsx';
import { formatRoute } from '../state/route.ts';
import { StreamLink } from '../stream/stream-link.tsx';
import { formatAgo, formatDateTime, formatMbps } from '../text/format.ts';
import { channelWords, codecName } from '../text/words.ts';

export function ChannelTable({ status, onEdit }: { status: Status; onEdit: (number: number) => void }) {
  if (status.channels.length === 0) {
    return <p class="empty">No camera is set up yet. Add the first one by its RTSP address.</p>;
  }
  return (
    <table class="channels">
      <thead>
        <tr>
          <th scope="col">Channel</th>
          <th scope="col">State</th>
          <th scope="col">Rate and allotment</th>
          <th scope="col">Last footage</th>
          <th scope="col">Picture and sound</th>
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {status.channels.map((channel) => (
          <ChannelRow key={channel.number} channel={channel} status={status} onEdit={onEdit} />
        ))}
      </tbody>
    </table>
  );
}

function ChannelRow(props: { channel: ChannelStatus; status: Status; onEdit: (number: number) => void }) {
  const { channel, status } = props;
  const words = channelWords(channel, status.recorder.isConnected);
  return (
    <tr data-channel={channel.number}>
      <th scope="row">
        <span class="channel-number">{channel.number}</span>
        <a href={formatRoute({ page: 'playback', channel: channel.number, atUtcMs: undefined })}>{channel.name}</a>
      </th>
      <td class="cell-state">
        <StateLabel {...words} />
        {words.tone !== 'good' && channel.detail && <p class="detail">{channel.detail}</p>}
        <Losses channel={channel} />
      </td>
      <td class="cell-rate">
        <Rate channel={channel} />
      </td>
      <td class="cell-last" data-label="Last footage">
        {channel.lastFootageUtcMs === null ? (
          <span class="muted">none yet</span>
        ) : (
          <time
            dateTime={new Date(channel.lastFootageUtcMs).toISOString()}
            title={formatDateTime(channel.lastFootageUtcMs)}
          >
            {formatAgo(channel.lastFootageUtcMs, status.nowUtcMs)}
          </time>
        )}
      </td>
      <td class="cell-format">
        {formatOf(channel)}
        <StreamLink channel={channel} />
      </td>
      <td class="cell-actions">
        <button
          type="button"
          class="quiet square"
          aria-label={`Change ${channel.name}`}
          onClick={() => props.onEdit(channel.number)}
        >
          <Icon name="edit" />
        </button>
      </td>
    </tr>
  );
}

function Rate({ channel }: { channel: ChannelStatus }) {
  const isOver = channel.mbps60s > channel.allotmentMbps;
  const text = `${formatMbps(channel.mbps1s)} now, ${formatMbps(channel.mbps60s)} over a minute, of ${formatMbps(channel.allotmentMbps)} Mbps`;
  return (
    <>
      <Bar
        value={channel.mbps1s}
        markAt={channel.mbps60s}
        max={channel.allotmentMbps}
        label={`Rate of ${channel.name}`}
        text={text}
        isOver={isOver}
      />
      <p class="rate-text">
        <span title="Last second">{formatMbps(channel.mbps1s)}</span>
        <span class="muted">
          {' '}
          · <span title="Mean of the last minute">{formatMbps(channel.mbps60s)} over 60 s</span> · of{' '}
          {formatMbps(channel.allotmentMbps)} Mbps
        </span>
        {isOver && <span class="tone-wait"> Over its allotment</span>}
      </p>
    </>
  );
}

function Losses({ channel }: { channel: ChannelStatus }) {
  const losses = [
    channel.framesDropped > 0 && `${channel.framesDropped} frames dropped`,
    channel.packetsLost > 0 && `${channel.packetsLost} packets lost on the network`,
  ].filter(Boolean);
  return losses.length > 0 ? <p class="detail tone-wait">{losses.join(', ')}</p> : null;
}

function formatOf(channel: ChannelStatus) {
  if (!channel.video) return <span class="muted">–</span>;
  const { codec, width, height } = channel.video;
  return (
    <>
      {codecName(codec)} {width} × {height}
      <span class="muted">{channel.audio ? ` · ${codecName(channel.audio.codec)}` : ' · no sound'}</span>
    </>
  );
}
