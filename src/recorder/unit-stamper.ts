import { type AccessUnit, type AudioFormat, isSameFormat, type VideoFormat } from '../media/access-unit.ts';
import { DecodeTimeline } from '../media/decode-time.ts';
import type { Stretch, TimedUnit } from './timed-unit.ts';
import { TrackClock } from './track-clock.ts';
import type { WallOffset } from './wall-offset.ts';

/**
 * Settles the time of each unit of one session, and where stretches begin. A change of format, of the reordering depth or of the wall
 * clock takes effect at the next key frame, because a segment has to begin there.
 */
export class UnitStamper {
  readonly #wallOffset: WallOffset;
  #video: VideoFormat | undefined;
  #audio: AudioFormat | undefined;
  #stretch: Stretch | undefined;
  #isStretchDue = true;
  #offsetMs: number;
  #videoClock: TrackClock | undefined;
  #audioClock: TrackClock | undefined;
  #timeline = new DecodeTimeline(0);
  #depth = 0;

  constructor(wallOffset: WallOffset) {
    this.#wallOffset = wallOffset;
    this.#offsetMs = wallOffset.ms;
  }

  setFormats(format: { video?: VideoFormat; audio?: AudioFormat }): void {
    if (!isSameFormat(this.#video, format.video) || !isSameFormat(this.#audio, format.audio)) this.#isStretchDue = true;
    this.#video = format.video;
    this.#audio = format.audio;
  }

  /** The wall clock was stepped. */
  beginStretch(): void {
    this.#isStretchDue = true;
  }

  /** Undefined for what cannot be placed: before the first key frame, or sound without a format. */
  stamp(unit: AccessUnit, serial: number): TimedUnit | undefined {
    return unit.kind === 'video' ? this.#stampVideo(unit, serial) : this.#stampAudio(unit, serial);
  }

  #stampVideo(unit: AccessUnit, serial: number): TimedUnit | undefined {
    if (!this.#video) return undefined;
    this.#videoClock ??= new TrackClock({ clockRate: this.#video.clockRate });
    const { ticks, monotonicMs } = this.#videoClock.stamp(unit.rtpTime, unit.arrivalMonotonicMs);
    if (unit.isKey && this.#isKeyOfNewStretch()) this.#turnStretch(this.#video);
    if (!this.#stretch) return undefined;
    const dtsTicks = this.#timeline.push(ticks);
    return { unit, stretch: this.#stretch, ticks, dtsTicks, wallUtcMs: monotonicMs + this.#wall(), serial };
  }

  #stampAudio(unit: AccessUnit, serial: number): TimedUnit | undefined {
    if (!this.#stretch?.audio) return undefined;
    this.#audioClock ??= new TrackClock({ clockRate: this.#stretch.audio.clockRate });
    const { ticks, monotonicMs } = this.#audioClock.stamp(unit.rtpTime, unit.arrivalMonotonicMs);
    return { unit, stretch: this.#stretch, ticks, dtsTicks: ticks, wallUtcMs: monotonicMs + this.#wall(), serial };
  }

  #isKeyOfNewStretch(): boolean {
    return this.#isStretchDue || this.#timeline.observedDepth > this.#depth;
  }

  #turnStretch(video: VideoFormat): void {
    if (this.#stretch && this.#stretch.audio?.clockRate !== this.#audio?.clockRate) this.#audioClock = undefined;
    this.#depth = Math.max(video.reorderDepth, this.#timeline.observedDepth);
    this.#timeline = new DecodeTimeline(this.#depth);
    this.#offsetMs = this.#wallOffset.ms;
    this.#stretch = { video, audio: this.#audio };
    this.#isStretchDue = false;
  }

  /** Within a stretch the offset follows small corrections only; a step waits for the next one. */
  #wall(): number {
    if (Math.abs(this.#wallOffset.ms - this.#offsetMs) < 100) this.#offsetMs = this.#wallOffset.ms;
    return this.#offsetMs;
  }
}
