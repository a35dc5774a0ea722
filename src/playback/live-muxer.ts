import type { LiveFormat } from '../channels/live-source.ts';
import type { LiveUnit } from '../link/messages.ts';
import type { VideoFormat } from '../media/access-unit.ts';
import { buildPlainFragment, type Run, type Sample } from '../media/fmp4/fragment.ts';
import { buildInit } from '../media/fmp4/init.ts';
import { FILE_TYPE } from '../media/fmp4/movie.ts';
import { type BrowserSound, browserSound } from './browser-sound.ts';

/** What a browser has to know before the media, as it is sent over the WebSocket. */
export interface LiveFormatMessage {
  readonly kind: 'format';
  /** For `MediaSource.isTypeSupported` and `addSourceBuffer`. */
  readonly mime: string;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  readonly hasSound: boolean;
}

/** Until two pictures are known, the first is taken to last as long as at 25 per second. */
const DEFAULT_FRAME_TICKS = 3_600;

/** Until two packets of sound are known, the first is taken to last 20 ms. */
const FIRST_PACKETS_PER_S = 50;

/** A step of more than this between two units is a break in the camera's clock, not a slow picture: time goes on by the wall. */
const MAX_STEP_S = 10;

/** Sound waits for the next picture and travels with it; with that many packets waiting (0.2 s) it goes alone. */
const MAX_WAITING_SOUND = 10;

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
      sound,
      isRunning: false,
      video: new TrackClock(video.clockRate, DEFAULT_FRAME_TICKS, previousEndMs),
      audio:
        sound && new TrackClock(sound.format.clockRate, sound.format.clockRate / FIRST_PACKETS_PER_S, previousEndMs),
      waitingSound: [],
    };
    const init = buildInit({ createdUtcMs: 0, video, audio: sound?.format });
    const codecs = [video.codecString, ...(sound ? [sound.format.codecString] : [])];
    return {
      message: {
        kind: 'format',
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
    this.#stream.waitingSound = [];
  }

  /** A fragment when the unit completes one. */
  push(unit: LiveUnit): Buffer | undefined {
    const stream = this.#stream;
    if (stream === undefined) return undefined;
    return unit.kind === 'video' ? this.#pushVideo(stream, unit) : this.#pushSound(stream, unit);
  }

  #pushVideo(stream: Stream, unit: LiveUnit): Buffer | undefined {
    if (!stream.isRunning && !unit.isKey) return undefined;
    stream.isRunning = true;
    this.#originUtcMs ??= unit.wallUtcMs;
    const time = stream.video.place(unit.dtsTicks, unit.wallUtcMs - this.#originUtcMs);
    const sample = {
      data: unit.data,
      duration: time.durationTicks,
      compositionOffset: unit.rtpTime - unit.dtsTicks,
      isKey: unit.isKey,
    };
    return this.#fragment(stream, unit.wallUtcMs, { baseDecodeTime: time.atTicks, samples: [sample] });
  }

  #pushSound(stream: Stream, unit: LiveUnit): Buffer | undefined {
    if (stream.sound === undefined || stream.audio === undefined || !stream.isRunning) return undefined;
    if (this.#originUtcMs === undefined) return undefined;
    const time = stream.audio.place(unit.rtpTime, unit.wallUtcMs - this.#originUtcMs);
    // What is in a packet says how long it lasts; it need not be guessed from the last one.
    const duration = stream.sound.ticksIn(unit.data) || time.durationTicks;
    const packet = { data: unit.data, duration, compositionOffset: 0, isKey: true };
    let { atTicks } = time;
    for (const sample of stream.sound.recode({ baseDecodeTime: atTicks, samples: [packet] }).samples) {
      stream.waitingSound.push({ atTicks, sample });
      atTicks += sample.duration;
    }
    if (stream.waitingSound.length < MAX_WAITING_SOUND) return undefined;
    return this.#fragment(stream, unit.wallUtcMs, undefined);
  }

  #fragment(stream: Stream, wallUtcMs: number, video: Run | undefined): Buffer {
    const waiting = stream.waitingSound;
    stream.waitingSound = [];
    const audio = waiting[0] && { baseDecodeTime: waiting[0].atTicks, samples: waiting.map(({ sample }) => sample) };
    return Buffer.concat(buildPlainFragment({ wallUtcMs, video, audio }, ++this.#sequence).buffers);
  }
}

interface Stream {
  readonly format: VideoFormat;
  readonly sound: BrowserSound | undefined;
  /** A key frame has been sent. */
  isRunning: boolean;
  readonly video: TrackClock;
  readonly audio: TrackClock | undefined;
  waitingSound: { atTicks: number; sample: Sample }[];
}

/**
 * Puts the units of one track on the time that starts with 0: by the camera's ticks as long as they run on, by the wall time at
 * the start and after a break. How long a unit lasts is known only when the next has come, so it is taken to last as the one before.
 */
class TrackClock {
  readonly #clockRate: number;
  readonly #notBeforeTicks: number;
  #durationTicks: number;
  #last: { ticks: number; atTicks: number } | undefined;

  constructor(clockRate: number, firstDurationTicks: number, notBeforeMs: number) {
    this.#clockRate = clockRate;
    this.#durationTicks = firstDurationTicks;
    this.#notBeforeTicks = Math.ceil((notBeforeMs * clockRate) / 1000);
  }

  get endMs(): number {
    if (this.#last === undefined) return (this.#notBeforeTicks * 1000) / this.#clockRate;
    return ((this.#last.atTicks + this.#durationTicks) * 1000) / this.#clockRate;
  }

  place(ticks: number, wallMs: number): { atTicks: number; durationTicks: number } {
    const step = this.#last && ticks - this.#last.ticks;
    const isRunningOn = step !== undefined && step > 0 && step < MAX_STEP_S * this.#clockRate;
    let atTicks: number;
    if (this.#last !== undefined && isRunningOn) {
      atTicks = this.#last.atTicks + step;
      this.#durationTicks = step;
    } else {
      const notBefore = this.#last ? this.#last.atTicks + this.#durationTicks : this.#notBeforeTicks;
      atTicks = Math.max(notBefore, Math.round((wallMs * this.#clockRate) / 1000));
    }
    this.#last = { ticks, atTicks };
    return { atTicks, durationTicks: this.#durationTicks };
  }
}
