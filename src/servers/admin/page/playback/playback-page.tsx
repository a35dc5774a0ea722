import { useEffect, useState } from 'preact/hooks';
import { MINUTE_MS } from '../../../../base/units.ts';
import type { ChannelStatus, Span } from '../api/types.ts';
import { Notice } from '../parts/notice.tsx';
import { useApp } from '../state/context.ts';
import { formatRoute } from '../state/route.ts';
import { useStore } from '../state/store.ts';
import { replaceRoute } from '../state/use-route.ts';
import { formatLength } from '../text/format.ts';
import { Timeline } from '../timeline/timeline.tsx';
import { useTimelineData } from '../timeline/use-timeline-data.ts';
import { centreOn, endingAt, followCursor, keepNearNow, localDay, spanMs, type View } from '../timeline/view.ts';
import { ClipPanel } from './clip-panel.tsx';
import { GapList } from './gap-list.tsx';
import { Picture } from './picture.tsx';
import { PlaybackToolbar } from './toolbar.tsx';
import { usePlayer } from './use-player.ts';
import { ZoomBar } from './zoom-bar.tsx';

const FIRST_VIEW_MS = 60 * MINUTE_MS;
/** Wide enough to be taken hold of on a phone, whatever is on screen. */
const CLIP_SHARE = 1 / 6;

export function PlaybackPage(props: { channel: number | undefined; atUtcMs: number | undefined }) {
  const { poll } = useApp();
  const { status } = useStore(poll.view);
  const nowMs = poll.nowUtcMs();
  const [view, setView] = useState<View>(() => firstView(props.atUtcMs, nowMs));
  const [clip, setClip] = useState<Span>();
  const [video, setVideo] = useState<HTMLVideoElement | null>(null);
  const channel = status?.channels.find((candidate) => candidate.number === props.channel) ?? status?.channels[0];
  const { data, error } = useTimelineData(channel?.number, view);
  const playback = usePlayer(video, channel?.number, props.atUtcMs);
  const { cursorMs } = playback;
  const [followedMs, setFollowedMs] = useState(cursorMs);

  // A link to another moment, followed while this page is open.
  useEffect(() => {
    if (props.atUtcMs === undefined || !video) return;
    seek(props.atUtcMs);
    setView((current) => centreOn(current, props.atUtcMs!));
  }, [props.atUtcMs, video]);

  useEffect(() => {
    if (cursorMs === undefined) return;
    setView((current) => followCursor(current, followedMs ?? cursorMs, cursorMs));
    setFollowedMs(cursorMs);
  }, [cursorMs]);

  if (!status) return <p class="loading">Loading…</p>;
  if (!channel) return <p class="empty">No channel to play. Add a camera on the overview page.</p>;

  function seek(timeMs: number) {
    playback.seek(Math.min(timeMs, poll.nowUtcMs()));
  }
  function beginClip() {
    const lengthMs = spanMs(view) * CLIP_SHARE;
    // Without a cursor: the end of the newest footage in view, so that the first try gives a clip and not an error.
    const newest = data?.footage.at(-1);
    const endMs = cursorMs === undefined ? newest?.toUtcMs : cursorMs + lengthMs / 2;
    const toUtcMs = Math.min(nowMs, endMs ?? (view.fromMs + view.toMs) / 2 + lengthMs / 2);
    setClip({
      fromUtcMs: Math.floor((toUtcMs - lengthMs) / 1000) * 1000,
      toUtcMs: Math.floor(toUtcMs / 1000) * 1000,
    });
  }
  const show = (next: View) => setView(keepNearNow(next, nowMs));

  return (
    <>
      <h1 class="visually-hidden">Playback</h1>
      <PlaybackToolbar
        channels={status.channels}
        channel={channel.number}
        view={view}
        nowMs={nowMs}
        onChannel={(number) => replaceRoute({ page: 'playback', channel: number, atUtcMs: undefined })}
        onDay={(timeMs) => show(localDay(timeMs))}
      />
      <Picture channel={channel} playback={playback} gaps={data?.gaps ?? []} onVideo={setVideo} video={video}>
        <ZoomBar view={view} cursorMs={cursorMs} nowMs={nowMs} onView={show} />
      </Picture>
      {error && <Notice tone="bad">{error}</Notice>}
      {channel.longKeyIntervalMs !== null && (
        <KeyIntervalNotice channel={channel} longKeyIntervalMs={channel.longKeyIntervalMs} />
      )}
      <Timeline
        label={channel.name}
        view={view}
        data={data}
        nowMs={nowMs}
        cursorMs={cursorMs}
        selection={clip}
        onView={show}
        onSeek={seek}
        onSelection={setClip}
      />
      <div class="columns">
        <ClipPanel channel={channel.number} span={clip} onSpan={setClip} onBegin={beginClip} />
        <GapList data={data} view={view} nowMs={nowMs} onSeek={seek} />
      </div>
    </>
  );
}

/** Why jumps are slow with this camera, and that nothing is lost by it. */
function KeyIntervalNotice(props: { channel: ChannelStatus; longKeyIntervalMs: number }) {
  const every = formatLength(props.longKeyIntervalMs);
  return (
    <Notice tone="wait">
      This camera sends a key frame only every {every}: jumps take longer, and the newest {every} can be played when
      they are complete. Nothing recorded is lost by it.{' '}
      <a href={formatRoute({ page: 'overview', stream: props.channel.number })}>What to change on the camera</a>
    </Notice>
  );
}

function firstView(atUtcMs: number | undefined, nowMs: number): View {
  const view = { fromMs: nowMs - FIRST_VIEW_MS, toMs: nowMs };
  return atUtcMs === undefined ? endingAt(view, nowMs) : centreOn(view, atUtcMs);
}
