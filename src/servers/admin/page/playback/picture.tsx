import type { ComponentChildren } from 'preact';
import type { ChannelStatus, Gap } from '../api/types.ts';
import { Notice } from '../parts/notice.tsx';
import { formatDateTime, formatLength, formatTime } from '../text/format.ts';
import { causeWords } from '../text/words.ts';
import { gapBetween } from '../timeline/footage.ts';
import { Transport } from './transport.tsx';
import type { Playback } from './use-player.ts';

/** The picture, what it says about itself, and what drives it. */
export function Picture(props: {
  channel: ChannelStatus;
  playback: Playback;
  gaps: readonly Gap[];
  video: HTMLVideoElement | null;
  onVideo: (video: HTMLVideoElement | null) => void;
  children: ComponentChildren;
}) {
  const { channel, playback, video } = props;
  const { state, cursorMs } = playback;
  return (
    <section class="stage" aria-label={`Picture of ${channel.name}`} data-state={state.kind}>
      <div class="screen">
        {/* biome-ignore lint/a11y/useMediaCaption: surveillance has no captions */}
        <video ref={props.onVideo} playsInline />
        {state.kind !== 'ready' && <div class="tile-message">{message(playback)}</div>}
        <div class="screen-note" role="status">
          {playback.jump && <JumpNotice jump={playback.jump} gaps={props.gaps} />}
        </div>
      </div>
      <div class="stage-bar">
        {video && <Transport video={video} />}
        <p class="stage-time">
          <span class="muted">{channel.name}</span>{' '}
          {cursorMs !== undefined && (
            <time dateTime={new Date(cursorMs).toISOString()}>{formatDateTime(cursorMs)}</time>
          )}
        </p>
        {props.children}
      </div>
    </section>
  );
}

function message({ state, cursorMs }: Playback) {
  switch (state.kind) {
    case 'fault':
      return <p>{state.text}</p>;
    case 'at-end':
      return <p class="corner">End of the footage so far; it goes on as soon as there is more.</p>;
    case 'loading':
      return <p class="muted">Loading…</p>;
    default:
      return <p class="muted">{cursorMs === undefined ? 'Click on the timeline to play from there.' : 'Loading…'}</p>;
  }
}

function JumpNotice({ jump, gaps }: { jump: NonNullable<Playback['jump']>; gaps: readonly Gap[] }) {
  const gap = gapBetween(gaps, jump.fromMs, jump.toMs);
  const why = gap ? causeWords(gap.cause).text : 'no footage is kept of it';
  return (
    <Notice tone="wait">
      Jumped over {formatLength(jump.toMs - jump.fromMs)} without footage, {formatTime(jump.fromMs)} to{' '}
      {formatTime(jump.toMs)}: {why}.
    </Notice>
  );
}
