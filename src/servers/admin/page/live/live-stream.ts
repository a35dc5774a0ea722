import { liveUrl } from '../api/client.ts';
import type { LiveMessage } from '../api/types.ts';
import { causeWords, channelWords, unplayableSentence } from '../text/words.ts';
import { startJpegFeed } from './jpeg-feed.ts';
import { type MediaFeed, startMediaFeed } from './media-feed.ts';

/** What a tile says over its picture; `playing` says nothing. */
export type LiveView =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'playing' }
  | { readonly kind: 'unsupported'; readonly text: string }
  | { readonly kind: 'silent'; readonly text: string; readonly detail: string };

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 5_000;

/** A connection on which nothing came for so long is opened anew. */
const SILENCE_MS = 10_000;

export interface LiveStream {
  stop(): void;
}

/** Keeps one channel's live picture in a video element for as long as it is not stopped. */
export function startLiveStream(options: {
  readonly channel: number;
  readonly hasSound: boolean;
  readonly video: HTMLVideoElement;
  readonly onView: (view: LiveView) => void;
}): LiveStream {
  const { video, onView } = options;
  let socket: WebSocket | undefined;
  let feed: MediaFeed | undefined;
  let retryMs = RETRY_FIRST_MS;
  let retryTimer: number | undefined;
  let silenceTimer: number | undefined;
  let isUnsupported = false;
  let isStopped = false;

  function connect(): void {
    const current = new WebSocket(liveUrl(options.channel, options.hasSound));
    socket = current;
    current.binaryType = 'arraybuffer';
    current.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (current !== socket) return;
      if (typeof event.data === 'string') read(JSON.parse(event.data) as LiveMessage);
      else receive(event.data);
    };
    current.onclose = () => {
      if (current === socket) reconnect();
    };
    watchSilence();
  }

  function read(message: LiveMessage): void {
    watchSilence();
    stopFeed();
    if (message.kind === 'state') {
      const words = message.cause ? causeWords(message.cause) : channelWords(message);
      onView({ kind: 'silent', text: words.text, detail: message.detail });
      return;
    }
    const isJpeg = /mp4v\.6c/i.test(message.mime);
    isUnsupported = !isJpeg && !MediaSource.isTypeSupported(message.mime);
    if (isUnsupported) {
      const text = unplayableSentence(message.mime) ?? `This browser cannot play ${message.mime}.`;
      onView({ kind: 'unsupported', text });
      return;
    }
    onView({ kind: 'connecting' });
    if (isJpeg) {
      feed = startJpegFeed({ video });
      return;
    }
    feed = startMediaFeed({
      video,
      mime: message.mime,
      hasSound: message.hasSound && options.hasSound,
      onFault: reconnect,
    });
  }

  function receive(data: ArrayBuffer): void {
    watchSilence();
    // Media of a kind that cannot be shown would only use up the network; the next format message tells of a change.
    if (isUnsupported) return;
    if (feed) feed.append(data);
    else reconnect();
  }

  const onPlaying = () => {
    retryMs = RETRY_FIRST_MS;
    onView({ kind: 'playing' });
  };

  function watchSilence(): void {
    window.clearTimeout(silenceTimer);
    // A tile that waits for its camera is told so again whenever the state changes, and may be silent for long.
    silenceTimer = window.setTimeout(() => feed && reconnect(), SILENCE_MS);
  }

  function reconnect(): void {
    if (isStopped) return;
    close();
    onView({ kind: 'connecting' });
    window.clearTimeout(retryTimer);
    retryTimer = window.setTimeout(connect, retryMs);
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
  }

  function stopFeed(): void {
    feed?.stop();
    feed = undefined;
  }

  function close(): void {
    window.clearTimeout(silenceTimer);
    const old = socket;
    socket = undefined;
    old?.close();
    stopFeed();
  }

  video.addEventListener('playing', onPlaying);
  connect();
  return {
    stop() {
      isStopped = true;
      window.clearTimeout(retryTimer);
      video.removeEventListener('playing', onPlaying);
      close();
    },
  };
}
