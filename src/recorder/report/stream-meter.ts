import { mbps } from '../../base/units.ts';
import { type AccessUnit, isSameFormat, type VideoFormat } from '../../media/access-unit.ts';
import type { TimedUnit } from '../time/timed-unit.ts';
import { KeyIntervals } from './key-intervals.ts';
import { SecondRing } from './second-ring.ts';

/** A step of the camera's clock by more than this between two pictures says nothing about its frame rate. */
const MAX_STEP_S = 5;

export interface StreamFigures {
  readonly measuredMs: number;
  /** Over the last minute. */
  readonly framesPerSecond: number;
  readonly framesPerSecondOfCamera: number;
  readonly keyIntervalMs: number | undefined;
  readonly longestKeyIntervalMs: number | undefined;
  readonly hasBFrames: boolean;
  readonly formatChanges: number;
  readonly audioUnits: number;
  /** Since the session began. */
  readonly meanMbps: number;
  readonly peakMbps: number;
}

/** Measures what comes in one session with a camera. Fixed memory; a handful of additions for a frame. */
export class StreamMeter {
  readonly #startMs: number;
  readonly #frames = new SecondRing();
  readonly #mediaTicks = new SecondRing();
  /** By the time that the pictures were given: a network that held them and let them go makes no peak. */
  readonly #bytesPlaced = new SecondRing();
  readonly #keys = new KeyIntervals();
  #format: VideoFormat | undefined;
  #formatChanges = 0;
  #maxRtp: number | undefined;
  #maxTicks = Number.NEGATIVE_INFINITY;
  #placedMs = 0;
  #hasBFrames = false;
  #bytes = 0;
  #audioUnits = 0;

  /** Monotonic. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  noteFormat(format: VideoFormat | undefined): void {
    if (format === undefined || isSameFormat(this.#format, format)) return;
    if (this.#format !== undefined) this.#formatChanges++;
    this.#format = format;
  }

  /** Everything that arrives whole, whether it can be recorded or not. */
  noteUnit(unit: AccessUnit): void {
    this.#bytes += unit.data.length;
    if (unit.kind === 'audio') {
      this.#audioUnits++;
      return;
    }
    const atMs = unit.arrivalMonotonicMs;
    if (unit.isKey && unit.isGradual !== true) this.#keys.note(atMs);
    // A picture stands for the time since the one before it.
    if (this.#maxRtp !== undefined) this.#frames.add(atMs, 1);
    this.#noteMediaTime(unit.rtpTime, atMs);
  }

  /** What was given a time, and will be recorded. */
  noteTimed({ unit, ticks }: TimedUnit): void {
    if (unit.kind === 'video') {
      if (ticks < this.#maxTicks) this.#hasBFrames = true;
      else this.#maxTicks = ticks;
      this.#placedMs = (this.#maxTicks * 1000) / (this.#format?.clockRate ?? 1);
    }
    this.#bytesPlaced.add(this.#placedMs, unit.data.length);
  }

  read(nowMs: number): StreamFigures {
    const measuredMs = nowMs - this.#startMs;
    const frames = this.#frames.read(nowMs);
    const media = this.#mediaTicks.read(nowMs);
    const mediaSeconds = media.sum / (this.#format?.clockRate ?? 1);
    return {
      measuredMs,
      framesPerSecond: frames.seconds > 0 ? frames.sum / frames.seconds : 0,
      framesPerSecondOfCamera: mediaSeconds > 0 ? frames.sum / mediaSeconds : 0,
      keyIntervalMs: this.#keys.meanMs,
      longestKeyIntervalMs: this.#keys.longestMs(nowMs),
      hasBFrames: this.#hasBFrames,
      formatChanges: this.#formatChanges,
      audioUnits: this.#audioUnits,
      meanMbps: mbps(this.#bytes, measuredMs),
      peakMbps: mbps(this.#bytesPlaced.largest, 1000),
    };
  }

  #noteMediaTime(rtpTime: number, atMs: number): void {
    const step = this.#maxRtp === undefined ? 0 : rtpTime - this.#maxRtp;
    const isJump = Math.abs(step) > MAX_STEP_S * (this.#format?.clockRate ?? 1);
    if (step > 0 && !isJump) this.#mediaTicks.add(atMs, step);
    if (this.#maxRtp === undefined || step > 0 || isJump) this.#maxRtp = rtpTime;
  }
}
