import { liveUrl } from '../api/client.ts';
import type { LiveMessage } from '../api/types.ts';
import { causeWords, channelWords, JPEG_IS_DAMAGED, JPEG_IS_SILENT, unplayableSentence } from '../text/words.ts';
import { startCanvasFeed } from './canvas-feed.ts';
import { type MediaFeed, startMediaFeed } from './media-feed.ts';

/** What a tile says over its picture, and which element has that; `playing` says nothing, or what is missing. */
export type LiveView =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'playing'; readonly element: 'video' | 'canvas'; readonly note: string | undefined }
  | { readonly kind: 'unsupported'; readonly text: string }
  | { readonly kind: 'silent'; readonly text: string; readonly detail: string };

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 5_000;

/** A connection on which nothing came for so long is opened anew. */
const SILENCE_MS = 10_000;

export interface LiveStream {
  stop(): void;
}

/** Keeps one channel's live picture in a video element, or in a canvas where it is Motion JPEG, for as long as it is not stopped. */
export function startLiveStream(options: {
  readonly channel: number;
  readonly hasSound: boolean;
  readonly video: HTMLVideoElement;
  readonly canvas: HTMLCanvasElement;
  readonly onView: (view: LiveView) => void;
}): LiveStream {
  const { video, canvas, onView } = options;
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
    isUnsupported = message.media === 'mp4' && !MediaSource.isTypeSupported(message.mime);
    if (isUnsupported) {
      const text = unplayableSentence(message.mime) ?? `This browser cannot play ${message.mime}.`;
      onView({ kind: 'unsupported', text });
      return;
    }
    onView({ kind: 'connecting' });
    feed = message.media === 'jpeg' ? startJpeg() : startMp4(message.mime, message.hasSound && options.hasSound);
  }

  function startMp4(mime: string, hasSound: boolean): MediaFeed {
    // As long as this feed runs: an event that comes late must not put the video in front of a canvas.
    video.onplaying = () => playing('video');
    return startMediaFeed({ video, mime, hasSound, onFault: reconnect });
  }

  function startJpeg(): MediaFeed {
    return startCanvasFeed({
      canvas,
      onShown: () => playing('canvas', options.hasSound ? JPEG_IS_SILENT : undefined),
      onDamaged: () => onView({ kind: 'unsupported', text: JPEG_IS_DAMAGED }),
    });
  }

  function receive(data: ArrayBuffer): void {
    watchSilence();
    // Media of a kind that cannot be shown would only use up the network; the next format message tells of a change.
    if (isUnsupported) return;
    if (feed) feed.append(data);
    else reconnect();
  }

  function playing(element: 'video' | 'canvas', note?: string): void {
    retryMs = RETRY_FIRST_MS;
    onView({ kind: 'playing', element, note });
  }

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
    video.onplaying = null;
  }

  function close(): void {
    window.clearTimeout(silenceTimer);
    const old = socket;
    socket = undefined;
    old?.close();
    stopFeed();
  }

  connect();
  return {
    stop() {
      isStopped = true;
      window.clearTimeout(retryTimer);
      close();
    },
  };
}
