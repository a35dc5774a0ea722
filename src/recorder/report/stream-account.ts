import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { mbps, SECOND_MS } from '../../base/units.ts';
import type { StreamReport } from '../../link/stream-report.ts';
import type { AccessUnit } from '../../media/access-unit.ts';
import { soundRate } from '../../media/sound/audio-format.ts';
import { declaredFramesPerSecond, videoProfile } from '../../media/video/video-profile.ts';
import type { StreamFormats } from '../../protocols/rtsp/media-receiver.ts';
import type { Track } from '../../protocols/rtsp/tracks.ts';
import type { SessionFacts } from '../camera-session.ts';
import type { ClockFigures } from '../time/camera-timeline.ts';
import type { TimedUnit } from '../time/timed-unit.ts';
import { describedSound, type SoundName } from './described-sound.ts';
import { type LossCounters, LossTotals, lossOf } from './loss-totals.ts';
import { StreamDiary } from './stream-diary.ts';
import { type StreamFigures, StreamMeter } from './stream-meter.ts';

/** Soon enough for an installer who has just changed a setting, and a kilobyte that costs nothing. */
export const REPORT_EVERY_MS = 5 * SECOND_MS;

export interface StreamAccountOptions {
  readonly channelId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the session that is under way. */
  session(): SessionFacts | undefined;
  timeFigures(): ClockFigures;
  /** Pictures that were left out because they could not be decoded, over all sessions. */
  undecodable(): number;
  onReport(report: StreamReport): void;
}

/** What there is to say about a channel's stream: measures, counts, and reports every few seconds and when a session ends. */
export class StreamAccount {
  readonly #options: StreamAccountOptions;
  readonly #totals = new LossTotals();
  readonly #diary: StreamDiary;
  #meter: StreamMeter | undefined;
  #formats: StreamFormats = {};
  #declaredFps: number | undefined;
  #sessions = 0;
  #sessionsGivenUp = 0;
  /** What the counters over all sessions stood at when this one began. */
  #undecodableBefore = 0;
  #jumpsBefore = 0;
  #wallStepsBefore = 0;
  #nextReportMs = 0;
  #last: StreamReport | undefined;

  constructor(options: StreamAccountOptions) {
    this.#options = options;
    this.#diary = new StreamDiary(options.log);
  }

  /** For who asks in between. */
  get lastReport(): StreamReport | undefined {
    return this.#last;
  }

  /** Since the recorder started. */
  get totals(): { packetsLost: number; framesDropped: number } {
    const { packetsLost, framesDropped } = this.#totals.with(this.#counters());
    return { packetsLost, framesDropped: framesDropped + this.#options.undecodable() };
  }

  beginSession(): void {
    const { clock, undecodable, timeFigures } = this.#options;
    const nowMs = clock.monotonicMs();
    const { timestampJumps, wallSteps } = timeFigures();
    this.#meter = new StreamMeter(nowMs);
    this.#meter.noteFormat(this.#formats.video);
    this.#sessions++;
    this.#undecodableBefore = undecodable();
    this.#jumpsBefore = timestampJumps;
    this.#wallStepsBefore = wallSteps;
    this.#nextReportMs = nowMs + REPORT_EVERY_MS;
  }

  /** The recorder itself ends the session, because nothing can be made of what comes in it. */
  noteGivenUp(): void {
    this.#sessionsGivenUp++;
  }

  /** While the session's counters can still be read. */
  endSession(): void {
    this.#report();
    const counters = this.#counters();
    if (counters) this.#totals.endSession(counters);
    this.#meter = undefined;
    this.#formats = {};
  }

  noteFormats(formats: StreamFormats): void {
    if (formats.video !== this.#formats.video) {
      this.#declaredFps = formats.video && declaredFramesPerSecond(formats.video);
    }
    this.#formats = formats;
    this.#meter?.noteFormat(formats.video);
  }

  noteUnit(unit: AccessUnit): void {
    this.#meter?.noteUnit(unit);
  }

  noteTimed(timed: TimedUnit): void {
    this.#meter?.noteTimed(timed);
  }

  /** A few times a second. */
  tick(nowMs: number): void {
    if (!this.#meter || nowMs < this.#nextReportMs) return;
    this.#nextReportMs = nowMs + REPORT_EVERY_MS;
    this.#report();
    const loss = lossOf(this.#totals.with(this.#counters()), this.#options.undecodable());
    this.#diary.note(nowMs, this.#options.timeFigures(), loss);
  }

  #counters(): LossCounters | undefined {
    return this.#meter && this.#options.session()?.counters;
  }

  #report(): void {
    const session = this.#options.session();
    if (!this.#meter || !session) return;
    const { channelId, clock, undecodable, timeFigures, onReport } = this.#options;
    const figures = this.#meter.read(clock.monotonicMs());
    const time = timeFigures();
    const { counters, connection, tracks } = session;
    this.#last = {
      kind: 'stream-report',
      channelId,
      atUtcMs: clock.nowUtcMs(),
      measuredMs: Math.round(figures.measuredMs),
      ...connection,
      video: this.#videoPart(figures, tracks),
      audio: this.#audioPart(figures, tracks),
      // What no picture can be made of comes all the same; what is made of the rest may be more (G.726, JPEG's headers).
      meanMbps: rounded(Math.max(figures.meanMbps, mbps(counters.payloadBytes, figures.measuredMs)), 3),
      peakMbps: rounded(figures.peakMbps, 3),
      clock: {
        offsetMs: roundedOrNull(time.offsetMs, 0),
        driftPpm: roundedOrNull(time.driftPpm, 1),
        timestampJumps: time.timestampJumps - this.#jumpsBefore,
        wallSteps: time.wallSteps - this.#wallStepsBefore,
      },
      loss: lossOf(counters, undecodable() - this.#undecodableBefore),
      sinceStart: {
        sessions: this.#sessions,
        sessionsGivenUp: this.#sessionsGivenUp,
        loss: lossOf(this.#totals.with(counters), undecodable()),
      },
    };
    onReport(this.#last);
  }

  #videoPart(figures: StreamFigures, tracks: readonly Track[]): StreamReport['video'] {
    const { video } = this.#formats;
    if (!video) return null;
    const { codec, codecString, width, height } = video;
    // The parameter sets first: descriptions often have what the camera can, and not what it does.
    const declared = this.#declaredFps ?? tracks.find(({ kind }) => kind === 'video')?.frameRate;
    return {
      codec,
      codecString,
      ...videoProfile(video),
      width,
      height,
      framesPerSecond: rounded(figures.framesPerSecond, 2),
      framesPerSecondOfCamera: rounded(figures.framesPerSecondOfCamera, 2),
      framesPerSecondDeclared: roundedOrNull(declared, 2),
      keyIntervalMs: roundedOrNull(figures.keyIntervalMs, 0),
      longestKeyIntervalMs: roundedOrNull(figures.longestKeyIntervalMs, 0),
      hasBFrames: figures.hasBFrames,
      formatChanges: figures.formatChanges,
    };
  }

  #audioPart({ audioUnits }: StreamFigures, tracks: readonly Track[]): StreamReport['audio'] {
    const { audio } = this.#formats;
    const track = tracks.find(({ kind }) => kind !== 'video');
    const sound: SoundName | undefined = audio
      ? { ...audio, clockRate: soundRate(audio) }
      : track && describedSound(track);
    if (!sound) return null;
    const { codec, source = '', clockRate, channels } = sound;
    return { codec, source, clockRate, channels, units: audioUnits };
  }
}

function rounded(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

function roundedOrNull(value: number | undefined, digits: number): number | null {
  return value === undefined ? null : rounded(value, digits);
}
