import type { LiveFormat } from '../channels/live-source.ts';
import type { LiveUnit } from '../link/messages.ts';
import type { VideoFormat } from '../media/access-unit.ts';
import { buildPlainFragment, type Run } from '../media/fmp4/fragment.ts';
import { buildInit } from '../media/fmp4/init.ts';
import { FILE_TYPE } from '../media/fmp4/movie.ts';
import { browserSound } from './browser-sound.ts';
import { LiveClock } from './live-clock.ts';
import { LiveSound } from './live-sound.ts';

/** What a browser has to know before the media, as it is sent over the WebSocket. */
export interface LiveFormatMessage {
  readonly kind: 'format';
  /** What the binary messages are: an init segment and fragments, or whole JPEG files, one a picture. */
  readonly media: 'mp4' | 'jpeg';
  /** For `MediaSource.isTypeSupported` and `addSourceBuffer`, or of each picture. */
  readonly mime: string;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  readonly hasSound: boolean;
}

/** Until two pictures are known, the first is taken to last as long as at 25 per second. */
const DEFAULT_FRAME_TICKS = 3_600;

/**
 * Turns the units of one channel into what Media Source Extensions play: an init segment, then fragments of one picture, which
 * Chromium shows some 30 ms after capture. Times start at 0, never go back, and go on over a change of format. Pure: no socket.
 */
export class LiveMuxer {
  readonly #wantsSound: boolean;
  #stream: Stream | undefined;
  #sequence = 0;
  /** Wall time of media time 0; set by the first picture. */
  #originUtcMs: number | undefined;

  constructor(options: { wantsSound: boolean }) {
    this.#wantsSound = options.wantsSound;
  }

  /** Undefined when there is no picture to show. Fragments follow from the next key frame on. */
  setFormat(format: LiveFormat): { message: LiveFormatMessage; init: Buffer } | undefined {
    const previousEndMs = this.#stream?.video.endMs ?? 0;
    this.#stream = undefined;
    const { video } = format;
    if (video === undefined) return undefined;
    const sound = this.#wantsSound && format.audio !== undefined ? browserSound(format.audio) : undefined;
    this.#stream = {
      format: video,
      isRunning: false,
      video: new LiveClock(video.clockRate, DEFAULT_FRAME_TICKS, previousEndMs),
      sound: sound && new LiveSound(sound, previousEndMs),
    };
    const init = buildInit({ createdUtcMs: 0, video, audio: sound?.format });
    const codecs = [video.codecString, ...(sound ? [sound.format.codecString] : [])];
    return {
      message: {
        kind: 'format',
        media: 'mp4',
        mime: `video/mp4; codecs="${codecs.join(',')}"`,
        width: video.width,
        height: video.height,
        codec: video.codecString,
        hasSound: sound !== undefined,
      },
      init: Buffer.concat([FILE_TYPE, init]),
    };
  }

  /** The next picture must be a key frame: something was left out for this watcher. */
  skipToKey(): void {
    if (this.#stream === undefined) return;
    this.#stream.isRunning = false;
    this.#stream.sound?.drop();
  }

  /** A fragment when the unit completes one. */
  push(unit: LiveUnit): Buffer | undefined {
    const stream = this.#stream;
    if (stream === undefined) return undefined;
    return unit.kind === 'video' ? this.#pushVideo(stream, unit) : this.#pushSound(stream, unit);
  }

  #pushVideo(stream: Stream, unit: LiveUnit): Buffer | undefined {
    if (!stream.isRunning && !unit.isKey) return undefined;
    this.#originUtcMs ??= unit.wallUtcMs;
    const time = stream.video.place(unit.dtsTicks, unit.wallUtcMs - this.#originUtcMs);
    const atMs = (time.atTicks * 1000) / stream.format.clockRate;
    if (stream.isRunning) stream.sound?.follow(atMs);
    else stream.sound?.begin(atMs);
    stream.isRunning = true;
    const sample = {
      data: unit.data,
      duration: time.durationTicks,
      compositionOffset: unit.rtpTime - unit.dtsTicks,
      isKey: unit.isKey,
    };
    return this.#fragment(stream, unit.wallUtcMs, { baseDecodeTime: time.atTicks, samples: [sample] });
  }

  #pushSound({ sound, isRunning }: Stream, unit: LiveUnit): Buffer | undefined {
    if (sound === undefined || !isRunning || this.#originUtcMs === undefined) return undefined;
    sound.push(unit, unit.wallUtcMs - this.#originUtcMs);
    return sound.isFull ? this.#fragment({ sound }, unit.wallUtcMs, undefined) : undefined;
  }

  #fragment({ sound }: Pick<Stream, 'sound'>, wallUtcMs: number, video: Run | undefined): Buffer {
    return Buffer.concat(buildPlainFragment({ wallUtcMs, video, audio: sound?.take() }, ++this.#sequence).buffers);
  }
}

interface Stream {
  readonly format: VideoFormat;
  /** A key frame has been sent. */
  isRunning: boolean;
  readonly video: LiveClock;
  readonly sound: LiveSound | undefined;
}
