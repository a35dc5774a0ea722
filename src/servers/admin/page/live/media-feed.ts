import { nextTarget, pace, TARGET_S } from './pacing.ts';

/** What may wait for the source buffer: some seconds at 16 Mbps. More means that this browser cannot keep up. */
const QUEUE_MAX_BYTES = 16 * 1024 * 1024;

/** A decoder holds a group of pictures at most; the rest behind the present is of no use in a live picture. */
const KEEP_BEHIND_S = 10;

const CONTROL_MS = 100;

export interface MediaFeed {
  append(data: ArrayBuffer): void;
  stop(): void;
}

/** Feeds one video element from fragments of one format and keeps it close to the present. */
export function startMediaFeed(options: {
  readonly video: HTMLVideoElement;
  readonly mime: string;
  readonly hasSound: boolean;
  readonly onFault: (reason: string) => void;
}): MediaFeed {
  const { video, mime, onFault } = options;
  const source = new MediaSource();
  const url = URL.createObjectURL(source);
  const floorS = options.hasSound ? TARGET_S.withSound : TARGET_S.pictureOnly;
  let targetS = floorS;
  let hasStalled = false;
  let hasStarted = false;
  let buffer: SourceBuffer | undefined;
  let queue: ArrayBuffer[] = [];
  let queueBytes = 0;
  let isStopped = false;

  function fail(reason: string): void {
    if (!isStopped) onFault(reason);
  }

  function open(): void {
    if (isStopped) return;
    try {
      buffer = source.addSourceBuffer(mime);
    } catch (error) {
      fail(`${mime}: ${String(error)}`);
      return;
    }
    buffer.addEventListener('updateend', pump);
    buffer.addEventListener('error', () => fail(video.error?.message ?? 'the stream cannot be decoded'));
    pump();
  }

  function pump(): void {
    if (isStopped || !buffer || buffer.updating || source.readyState !== 'open') return;
    const startS = buffer.buffered.length > 0 ? buffer.buffered.start(0) : 0;
    try {
      if (queue.length > 0) {
        const data = queue.length === 1 ? queue[0]! : joined(queue, queueBytes);
        queue = [];
        queueBytes = 0;
        buffer.appendBuffer(data);
      } else if (video.currentTime - startS > KEEP_BEHIND_S * 2) {
        buffer.remove(startS, video.currentTime - KEEP_BEHIND_S);
      }
    } catch (error) {
      fail(String(error));
    }
  }

  function control(): void {
    if (!buffer || source.readyState !== 'open') return;
    const buffered = buffer.buffered;
    const ranges = Array.from({ length: buffered.length }, (_, i) => ({
      startS: buffered.start(i),
      endS: buffered.end(i),
    }));
    targetS = nextTarget(targetS, hasStalled, floorS);
    hasStalled = false;
    const action = pace({ currentS: video.currentTime, ranges, targetS });
    if (action.kind === 'jump') video.currentTime = action.toS;
    if (action.kind === 'rate' && video.playbackRate !== action.rate) video.playbackRate = action.rate;
    if (action.kind !== 'wait' && video.paused) play();
  }

  function play(): void {
    video.play().catch(() => {
      // A browser that wants a click before it lets sound out still lets the picture run.
      video.muted = true;
    });
  }

  const onPlaying = () => {
    hasStarted = true;
  };
  const onWaiting = () => {
    hasStalled = hasStarted;
  };
  source.addEventListener('sourceopen', open, { once: true });
  video.addEventListener('playing', onPlaying);
  video.addEventListener('waiting', onWaiting);
  video.src = url;
  const timer = window.setInterval(control, CONTROL_MS);

  return {
    append(data) {
      if (isStopped) return;
      queue.push(data);
      queueBytes += data.byteLength;
      if (queueBytes > QUEUE_MAX_BYTES) fail('this browser cannot keep up with the stream');
      else pump();
    },
    stop() {
      isStopped = true;
      window.clearInterval(timer);
      video.removeEventListener('playing', onPlaying);
      video.removeEventListener('waiting', onWaiting);
      video.removeAttribute('src');
      video.load();
      URL.revokeObjectURL(url);
    },
  };
}

function joined(parts: readonly ArrayBuffer[], sizeBytes: number): ArrayBuffer {
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole.buffer;
}
