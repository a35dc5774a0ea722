import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChannelStatus } from '../api/types.ts';
import { Icon } from '../parts/icon.tsx';
import { StateLabel } from '../parts/notice.tsx';
import { formatLength } from '../text/format.ts';
import { channelWords } from '../text/words.ts';
import { type LiveView, startLiveStream } from './live-stream.ts';
import { useIsVisible } from './use-is-visible.ts';

/** A second click within this time makes it a double click. */
const DOUBLE_CLICK_MS = 250;

export function Tile(props: {
  channel: ChannelStatus;
  isRecorderConnected: boolean;
  hasSound: boolean;
  isBig: boolean;
  onSound: () => void;
  onBig: () => void;
}) {
  const { channel, hasSound, isBig } = props;
  const tile = useRef<HTMLElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const clickTimer = useRef<number | undefined>(undefined);
  const [view, setView] = useState<LiveView>({ kind: 'connecting' });
  const isVisible = useIsVisible(tile);

  useEffect(() => {
    if (!isVisible || !video.current || !canvas.current) return;
    video.current.muted = !hasSound;
    const stream = startLiveStream({
      channel: channel.number,
      hasSound,
      video: video.current,
      canvas: canvas.current,
      onView: setView,
    });
    return () => {
      stream.stop();
      setView({ kind: 'connecting' });
    };
  }, [channel.number, channel.id, hasSound, isVisible]);

  useEffect(() => () => window.clearTimeout(clickTimer.current), []);

  function onPointerUp(event: PointerEvent) {
    window.clearTimeout(clickTimer.current);
    // A finger that taps wants to see more; a mouse clicks for sound and double-clicks for the big view.
    if (event.pointerType === 'touch' && !isBig) return props.onBig();
    if (channel.audio) clickTimer.current = window.setTimeout(props.onSound, DOUBLE_CLICK_MS);
  }
  function onDoubleClick() {
    window.clearTimeout(clickTimer.current);
    props.onBig();
  }

  const words = channelWords(channel, props.isRecorderConnected);
  const isDrawn = view.kind === 'playing' && view.element === 'canvas';
  return (
    <article
      ref={tile}
      class={isBig ? 'tile is-big' : 'tile'}
      data-channel={channel.number}
      data-view={view.kind}
      aria-label={channel.name}
    >
      <video ref={video} hidden={isDrawn} playsInline muted onPointerUp={onPointerUp} onDblClick={onDoubleClick} />
      <canvas ref={canvas} hidden={!isDrawn} onPointerUp={onPointerUp} onDblClick={onDoubleClick} />
      {view.kind === 'playing' && view.note && <p class="tile-note">{view.note}</p>}
      {view.kind !== 'playing' && (
        <div class="tile-message">
          <Message view={view} words={words} channel={channel} />
        </div>
      )}
      <footer class="tile-foot">
        <span class="tile-name">
          <span class="channel-number">{channel.number}</span> {channel.name}
        </span>
        {words.tone !== 'good' && <StateLabel {...words} />}
        <span class="tile-buttons">
          {channel.audio && (
            <button
              type="button"
              class="quiet square"
              aria-pressed={hasSound}
              aria-label={`Sound of ${channel.name}`}
              onClick={props.onSound}
            >
              <Icon name={hasSound ? 'sound' : 'muted'} />
            </button>
          )}
          <button
            type="button"
            class="quiet square"
            aria-pressed={isBig}
            aria-label={isBig ? 'Back to the grid' : `Enlarge ${channel.name}`}
            onClick={props.onBig}
          >
            <Icon name={isBig ? 'shrink' : 'enlarge'} />
          </button>
        </span>
      </footer>
    </article>
  );
}

function Message(props: { view: LiveView; words: { text: string; tone: string }; channel: ChannelStatus }) {
  const { view, words } = props;
  const { detail, longKeyIntervalMs } = props.channel;
  if (view.kind === 'unsupported') return <p>{view.text}</p>;
  // The connection to the page may still be up while the camera is away: what the channel says counts.
  if (view.kind === 'silent') return <Reason text={view.text} detail={view.detail || detail} />;
  if (words.tone === 'bad' || words.tone === 'idle') return <Reason text={words.text} detail={detail} />;
  if (longKeyIntervalMs !== null) {
    const every = `This camera sends a key frame every ${formatLength(longKeyIntervalMs)}; a picture begins with one.`;
    return <Reason text="Connecting…" detail={every} />;
  }
  return <p class="muted">Connecting…</p>;
}

function Reason({ text, detail }: { text: string; detail: string }) {
  return (
    <p>
      <strong>{text}</strong>
      {detail && <span class="muted">{detail}</span>}
    </p>
  );
}
