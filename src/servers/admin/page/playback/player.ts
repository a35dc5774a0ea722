import type { ErrorData } from 'hls.js';
import Hls from 'hls.js/light';
import type { ApiClient } from '../api/client.ts';
import { unplayableSentence } from '../text/words.ts';
import { playlistLoader } from './playlist-loader.ts';
import { openRollingPlaylist, type RollingPlaylist } from './rolling-playlist.ts';
import { mediaTimeAt, type Stretch, wallTimeAt } from './wall-clock.ts';

const TICK_MS = 100;
/** What follows is asked for when less than this is left, and near the present as often as there may be something new. */
const EXTEND_BELOW_MS = 5 * 60_000;
const EXTEND_EVERY_MS = { min: 2_000, max: 15_000 };
/** Younger footage is not yet on a drive in whole groups of pictures. */
const FRESH_MS = 3_000;
/** Wall time that goes on by so much more than the picture has jumped over a gap. */
const JUMP_MS = 1_500;
/** After a fault the player is made anew once; one that follows within this time is shown. */
const FAULT_AGAIN_MS = 5_000;

export type PlayerState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  /** The newest picture is on screen; it goes on as soon as there is more. */
  | { readonly kind: 'at-end' }
  | { readonly kind: 'fault'; readonly text: string };

export interface Player {
  seek(wallUtcMs: number): void;
  stop(): void;
}

/** Plays one channel's footage by wall time for as long as it is not stopped. */
export function startPlayer(options: {
  readonly api: ApiClient;
  readonly video: HTMLVideoElement;
  readonly channel: number;
  readonly nowUtcMs: () => number;
  readonly onState: (state: PlayerState) => void;
  readonly onPosition: (wallUtcMs: number) => void;
  /** Footage ended at the first time and goes on at the second. */
  readonly onJump: (fromUtcMs: number, toUtcMs: number) => void;
}): Player {
  const { api, video, channel, nowUtcMs, onState } = options;
  let hls: Hls | undefined;
  let playlist: RollingPlaylist | undefined;
  let abort = new AbortController();
  let last: { wallUtcMs: number; mediaS: number } | undefined;
  let isExtending = false;
  let extendAtMs = 0;
  let faultAtMs = Number.NEGATIVE_INFINITY;

  const stretches = (): Stretch[] =>
    (hls?.latestLevelDetails ?? hls?.levels[0]?.details)?.fragments.map((fragment) => ({
      startS: fragment.start,
      durationS: fragment.duration,
      startUtcMs: fragment.programDateTime ?? 0,
    })) ?? [];

  function seek(wallUtcMs: number): void {
    const mediaS = mediaTimeAt(stretches(), wallUtcMs);
    if (mediaS === undefined) return void load(wallUtcMs);
    last = undefined;
    const startUtcMs = wallTimeAt(stretches(), mediaS) ?? wallUtcMs;
    if (startUtcMs > wallUtcMs + JUMP_MS) options.onJump(wallUtcMs, startUtcMs);
    video.currentTime = mediaS;
    play();
  }

  async function load(wallUtcMs: number): Promise<void> {
    close();
    abort = new AbortController();
    const { signal } = abort;
    onState({ kind: 'loading' });
    try {
      const opened = await openRollingPlaylist({ api, channel, atUtcMs: wallUtcMs, nowUtcMs: nowUtcMs(), signal });
      if (signal.aborted) return;
      if (opened) open(opened, wallUtcMs);
      else onState({ kind: 'fault', text: 'There is no footage at this time, nor in the week after it.' });
    } catch (error) {
      if (!signal.aborted) onState({ kind: 'fault', text: error instanceof Error ? error.message : String(error) });
    }
  }

  function open(opened: RollingPlaylist, wallUtcMs: number): void {
    playlist = opened;
    const player = new Hls({
      autoStartLoad: false,
      // A worker would have to come from a blob, which the page's security policy forbids.
      enableWorker: false,
      lowLatencyMode: false,
      backBufferLength: 60,
      maxBufferLength: 30,
      pLoader: playlistLoader(opened),
    });
    hls = player;
    player.once(Hls.Events.LEVEL_LOADED, (_event, { details }) => {
      const list = details.fragments.map((fragment) => ({
        startS: fragment.start,
        durationS: fragment.duration,
        startUtcMs: fragment.programDateTime ?? 0,
      }));
      const mediaS = mediaTimeAt(list, wallUtcMs) ?? 0;
      const startUtcMs = wallTimeAt(list, mediaS) ?? wallUtcMs;
      if (startUtcMs > wallUtcMs + JUMP_MS) options.onJump(wallUtcMs, startUtcMs);
      player.startLoad(mediaS);
      play();
    });
    player.on(Hls.Events.ERROR, (_event, data) => data.fatal && onFault(data));
    player.loadSource(new URL(opened.url, location.href).href);
    player.attachMedia(video);
  }

  function onFault(data: ErrorData): void {
    const unplayable = isCodecFault(data)
      ? unplayableSentence(`${data.mimeType ?? ''} ${data.error?.message ?? ''}`)
      : undefined;
    const text = unplayable ?? `Playback failed: ${data.error?.message ?? data.details}`;
    const wallUtcMs = last?.wallUtcMs;
    const isRepeated = performance.now() - faultAtMs < FAULT_AGAIN_MS;
    faultAtMs = performance.now();
    close();
    if (unplayable !== undefined || isRepeated || wallUtcMs === undefined) onState({ kind: 'fault', text });
    else void load(wallUtcMs);
  }

  function tick(): void {
    if (!hls || !playlist || video.seeking || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const mediaS = video.currentTime;
    const wallUtcMs = wallTimeAt(stretches(), mediaS);
    if (wallUtcMs === undefined) return;
    const jumpedMs = last ? wallUtcMs - last.wallUtcMs - (mediaS - last.mediaS) * 1000 : 0;
    if (last && jumpedMs > JUMP_MS) options.onJump(last.wallUtcMs, wallUtcMs);
    last = { wallUtcMs, mediaS };
    options.onPosition(wallUtcMs);

    const leftMs = playlist.endUtcMs - wallUtcMs;
    const isWaiting = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && leftMs < 1_000;
    onState({ kind: isWaiting ? 'at-end' : 'ready' });
    const hasMore = nowUtcMs() - playlist.endUtcMs > FRESH_MS;
    if (leftMs < EXTEND_BELOW_MS && hasMore && performance.now() >= extendAtMs) void extend(playlist, leftMs);
  }

  async function extend(current: RollingPlaylist, leftMs: number): Promise<void> {
    if (isExtending) return;
    isExtending = true;
    try {
      await current.extend(nowUtcMs());
    } catch {
      // Asked again in a moment; what is there plays on, and the page says it when the server is away.
    }
    isExtending = false;
    extendAtMs = performance.now() + Math.min(EXTEND_EVERY_MS.max, Math.max(EXTEND_EVERY_MS.min, leftMs / 2));
  }

  const onEnded = () => {
    // A closed playlist has been played to its end: what follows is of another kind.
    if (playlist && !playlist.isOpen) void load(playlist.endUtcMs + 1);
  };

  function play(): void {
    video.play().catch((error: DOMException) => {
      if (error.name !== 'NotAllowedError') return;
      video.muted = true;
      video.play().catch((again: DOMException) => onState({ kind: 'fault', text: again.message }));
    });
  }

  function close(): void {
    abort.abort();
    hls?.destroy();
    hls = undefined;
    playlist = undefined;
    last = undefined;
    extendAtMs = 0;
  }

  const onSeeking = () => {
    last = undefined;
  };
  video.addEventListener('ended', onEnded);
  video.addEventListener('seeking', onSeeking);
  const timer = window.setInterval(tick, TICK_MS);
  return {
    seek,
    stop() {
      window.clearInterval(timer);
      video.removeEventListener('ended', onEnded);
      video.removeEventListener('seeking', onSeeking);
      close();
    },
  };
}

function isCodecFault({ details }: ErrorData): boolean {
  return (
    details === Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR ||
    details === Hls.ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR ||
    details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR
  );
}
