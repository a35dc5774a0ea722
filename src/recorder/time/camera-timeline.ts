import { type AccessUnit, type AudioFormat, isSameFormat, type VideoFormat } from '../../media/access-unit.ts';
import { DecodeTimeline } from '../../media/video/decode-time.ts';
import type { SenderReportHint } from '../../protocols/rtsp/media-lane.ts';
import { CameraClock } from './camera-clock.ts';
import { FormatBrake } from './format-brake.ts';
import { movedHole } from './moved-hole.ts';
import type { Hole, Stretch, TimedUnit } from './timed-unit.ts';
import { TrackClock } from './track-clock.ts';
import type { WallOffset } from './wall-offset.ts';

/**
 * The first units of a session wait so long for each other: a camera that begins with a second of buffered frames shows it by then, and
 * the least delayed of them says where all belong.
 */
const FIRST_WAIT_MS = 500;
/** Longer than the pause between two pictures of the slowest cameras that are worth recording. */
const LEAVING_OUT_MS = 1_000;
/** Several times what a camera with sound sends in that time. */
const MAX_WAITING = 512;

export interface CameraTimelineOptions {
  readonly wallOffset: WallOffset;
  /** In the order of `push`, some later. */
  onTimed(timed: TimedUnit): void;
}

/** What is to be reported of a camera's clock. */
export interface ClockFigures {
  /** Camera's wall time minus ours. */
  readonly offsetMs: number | undefined;
  readonly driftPpm: number | undefined;
  /** Of both tracks' timestamps. */
  readonly timestampJumps: number;
  readonly lastJumpMs: number;
  readonly wallSteps: number;
  readonly largestWallStepMs: number;
  /** The picture's timestamps cannot be used. */
  readonly isByArrival: boolean;
  /** True milliseconds for each of the camera's. */
  readonly ratio: number;
}

interface Waiting {
  readonly unit: AccessUnit;
  readonly hole: Hole | undefined;
}

/**
 * The one door through which units of a channel get their time, and where it is settled what one segment may hold.
 *
 *   arrival + wall offset ─┐
 *   RTP time ──────────────┴─▶ TrackClock (one a track) ─▶ ticks, wall time ─▶ DecodeTimeline ─▶ TimedUnit
 *   sender reports ──────────▶ CameraClock: offset, steps, lip sync
 *
 * A change of format, of the reordering depth or a step of our own wall clock takes effect at the next key frame, because a segment has to
 * begin there; changes of format that come too often are braked. Time of the channel never goes back, but for such a step.
 */
export class CameraTimeline {
  readonly #options: CameraTimelineOptions;
  readonly #cameraClock = new CameraClock();
  readonly #brake = new FormatBrake();
  #serial = 0;

  /** Of the session. */
  #video: VideoFormat | undefined;
  #audio: AudioFormat | undefined;
  #videoClock: TrackClock | undefined;
  #audioClock: TrackClock | undefined;
  #stretch: Stretch | undefined;
  /** Whatever the formats: a session begins, or our wall clock was stepped. */
  #isStretchDue = true;
  /** At the last key frame. */
  #formatOfKey: Stretch | undefined;
  /** The pictures from the last key frame on are in a format whose change did not take effect. */
  #isLeavingOut = false;
  #timeline = new DecodeTimeline(0);
  #depth = 0;
  /** Undefined once the session's first units have been placed. */
  #waiting: Waiting[] | undefined = [];

  /** The wall offset that is in force, in its two parts. */
  #slewedMs: number;
  #steppedMs: number;
  #jumpsBefore = 0;
  #lastJumpMs = 0;
  /** Of the newest picture, without steps of our clock. */
  #latestUnsteppedMs = Number.NEGATIVE_INFINITY;
  /** Of the picture before, in this session. */
  #beforeArrivalMs = Number.NaN;
  #beforeRtp = 0;

  constructor(options: CameraTimelineOptions) {
    this.#options = options;
    this.#slewedMs = options.wallOffset.slewedMs;
    this.#steppedMs = options.wallOffset.steppedMs;
  }

  /** Units that were given a time, over all sessions. */
  get serial(): number {
    return this.#serial;
  }

  /** The session with the camera is over, or another begins. */
  endSession(): void {
    this.#placeFirst();
    this.#noteJumps();
    this.#video = undefined;
    this.#audio = undefined;
    this.#videoClock = undefined;
    this.#audioClock = undefined;
    this.#stretch = undefined;
    this.#isStretchDue = true;
    this.#formatOfKey = undefined;
    this.#isLeavingOut = false;
    this.#brake.endSession();
    this.#timeline = new DecodeTimeline(0);
    this.#depth = 0;
    this.#beforeArrivalMs = Number.NaN;
    this.#waiting = [];
    this.#cameraClock.forgetTimestamps();
  }

  setFormats(format: { video?: VideoFormat; audio?: AudioFormat }): void {
    const isVideoSame = isSameFormat(this.#video, format.video);
    const isAudioSame = isSameFormat(this.#audio, format.audio);
    if (isVideoSame && isAudioSame) return;
    this.#placeFirst();
    // From here on formats are compared by identity: one that comes back before another took effect is the stretch's own.
    const current = this.#stretch;
    this.#video = isSameFormat(current?.video, format.video) ? current?.video : format.video;
    this.#audio = isSameFormat(current?.audio, format.audio) ? current?.audio : format.audio;
  }

  /** The wall clock was stepped. */
  beginStretch(): void {
    this.#isStretchDue = true;
  }

  noteSenderReport(report: SenderReportHint): void {
    this.#cameraClock.note(report, report.kind === 'video' ? this.#videoClock : this.#audioClock);
    if (!this.#videoClock || !this.#audioClock) return;
    const leadMs = this.#cameraClock.soundLead(this.#videoClock, this.#audioClock);
    if (leadMs !== undefined) this.#audioClock.aim(leadMs);
  }

  /** `hole`: why something may be missing in front of the unit. */
  push(unit: AccessUnit, hole: Hole | undefined): void {
    if (!this.#waiting) {
      this.#place(unit, hole);
      return;
    }
    this.#waiting.push({ unit, hole });
    const firstMs = this.#waiting[0]!.unit.arrivalMonotonicMs;
    if (unit.arrivalMonotonicMs - firstMs >= FIRST_WAIT_MS || this.#waiting.length >= MAX_WAITING) this.#placeFirst();
  }

  /** Called now and then: the first units wait only so long, whatever follows. */
  tick(nowMonotonicMs: number): void {
    const first = this.#waiting?.[0];
    if (first && nowMonotonicMs - first.unit.arrivalMonotonicMs >= FIRST_WAIT_MS) this.#placeFirst();
  }

  /** Pictures that were left out because their format changed too often, over all sessions. */
  get leftOut(): number {
    return this.#brake.leftOut;
  }

  /** For a while, none but such pictures have come. */
  isLeavingOut(nowMonotonicMs: number): boolean {
    return this.#brake.leftOutMs(nowMonotonicMs) > LEAVING_OUT_MS;
  }

  get figures(): ClockFigures {
    const { aheadOfMonotonicMs, wallSteps, largestStepMs } = this.#cameraClock;
    const jumps = (this.#videoClock?.jumps.count ?? 0) + (this.#audioClock?.jumps.count ?? 0);
    return {
      offsetMs: aheadOfMonotonicMs === undefined ? undefined : aheadOfMonotonicMs - this.#options.wallOffset.ms,
      driftPpm: this.#videoClock?.driftPpm,
      timestampJumps: this.#jumpsBefore + jumps,
      lastJumpMs: this.#videoClock?.jumps.lastMs || this.#audioClock?.jumps.lastMs || this.#lastJumpMs,
      wallSteps,
      largestWallStepMs: largestStepMs,
      isByArrival: this.#videoClock?.isByArrival ?? false,
      ratio: this.#videoClock?.ratio ?? 1,
    };
  }

  #placeFirst(): void {
    const waiting = this.#waiting;
    if (!waiting || waiting.length === 0) return;
    this.#waiting = undefined;
    this.#steppedMs = this.#options.wallOffset.steppedMs;
    this.#slewedMs = this.#options.wallOffset.slewedMs;
    for (const { unit } of waiting) this.#clockOf(unit)?.prime(unit.rtpTime, this.#arrivalUtcMs(unit));
    for (const { unit, hole } of waiting) this.#place(unit, hole);
  }

  #place(unit: AccessUnit, hole: Hole | undefined): void {
    this.#followSlew();
    if (unit.kind === 'video') this.#placeVideo(unit, hole);
    else this.#placeAudio(unit, hole);
  }

  /** Not before the first key frame. */
  #placeVideo(unit: AccessUnit, hole: Hole | undefined): void {
    const clock = this.#clockOf(unit);
    if (!clock || !this.#video) return;
    const nowMs = unit.arrivalMonotonicMs;
    const isTurn = unit.isKey && this.#takesTurn(this.#video, nowMs);
    if (unit.isKey) this.#isLeavingOut = !isTurn && this.#stretch?.video !== this.#video;
    if (this.#isLeavingOut) {
      this.#brake.leaveOut(nowMs);
      return;
    }
    const stepMs = isTurn ? this.#turnStretch(this.#video) : 0;
    const ticks = clock.place(unit.rtpTime, this.#arrivalUtcMs(unit), this.#latestUnsteppedMs + this.#steppedMs);
    const stretch = this.#stretch;
    if (!stretch) return;
    const wallUtcMs = clock.wallUtcMs(ticks);
    const moved = this.#movedHole(unit, wallUtcMs - this.#steppedMs - this.#latestUnsteppedMs);
    this.#beforeArrivalMs = nowMs;
    this.#beforeRtp = unit.rtpTime;
    this.#latestUnsteppedMs = Math.max(this.#latestUnsteppedMs, wallUtcMs - this.#steppedMs);
    const dtsTicks = this.#timeline.push(ticks, unit.isKey);
    const why = stepMs === 0 ? (this.#brake.takeHole(nowMs) ?? moved ?? hole) : steppedBy(stepMs);
    this.#options.onTimed({ unit, stretch, ticks, dtsTicks, wallUtcMs, serial: ++this.#serial, hole: why });
  }

  /** Whether a stretch begins with this key frame. */
  #takesTurn(video: VideoFormat, nowMs: number): boolean {
    const [current, before] = [this.#stretch, this.#formatOfKey];
    if (before?.video !== video || before.audio !== this.#audio) {
      if (before) this.#brake.noteChange(nowMs);
      this.#formatOfKey = { video, audio: this.#audio };
    }
    if (this.#isStretchDue || !current) return true;
    const isSame = current.video === video && current.audio === this.#audio;
    if (isSame && this.#timeline.observedDepth <= this.#depth) return false;
    return this.#brake.lets(nowMs);
  }

  #movedHole(unit: AccessUnit, wallMs: number): Hole | undefined {
    if (Number.isNaN(this.#beforeArrivalMs) || this.#video === undefined) return undefined;
    const arrivalMs = unit.arrivalMonotonicMs - this.#beforeArrivalMs;
    const cameraMs = ((unit.rtpTime - this.#beforeRtp) * 1000) / this.#video.clockRate;
    return movedHole({ wallMs, arrivalMs, cameraMs });
  }

  /** Not before the first key frame, and not in another format than the stretch has. */
  #placeAudio(unit: AccessUnit, hole: Hole | undefined): void {
    const clock = this.#clockOf(unit);
    const stretch = this.#stretch;
    if (!clock || !stretch?.audio || stretch.audio !== this.#audio) return;
    const ticks = clock.place(unit.rtpTime, this.#arrivalUtcMs(unit));
    const wallUtcMs = clock.wallUtcMs(ticks);
    this.#options.onTimed({ unit, stretch, ticks, dtsTicks: ticks, wallUtcMs, serial: ++this.#serial, hole });
  }

  #clockOf(unit: AccessUnit): TrackClock | undefined {
    if (unit.kind === 'video') {
      if (this.#video) this.#videoClock ??= new TrackClock({ clockRate: this.#video.clockRate });
      return this.#videoClock;
    }
    if (this.#audio) this.#audioClock ??= new TrackClock({ clockRate: this.#audio.clockRate });
    return this.#audioClock;
  }

  /** Returns the step of our wall clock that takes effect with it. */
  #turnStretch(video: VideoFormat): number {
    if (this.#stretch && this.#stretch.audio?.clockRate !== this.#audio?.clockRate) {
      this.#noteJumpsOf(this.#audioClock);
      this.#audioClock = undefined;
    }
    this.#depth = Math.max(video.reorderDepth, this.#timeline.observedDepth);
    this.#timeline = new DecodeTimeline(this.#depth);
    this.#stretch = { video, audio: this.#audio };
    this.#isStretchDue = false;
    const stepMs = this.#options.wallOffset.steppedMs - this.#steppedMs;
    if (stepMs === 0) return 0;
    this.#steppedMs += stepMs;
    this.#videoClock?.step(stepMs);
    this.#audioClock?.step(stepMs);
    return stepMs;
  }

  /** Small corrections of our wall clock are followed at once; a step waits for the next stretch. */
  #followSlew(): void {
    const { slewedMs } = this.#options.wallOffset;
    if (slewedMs === this.#slewedMs) return;
    this.#videoClock?.rescale(slewedMs - this.#slewedMs);
    this.#audioClock?.rescale(slewedMs - this.#slewedMs);
    this.#slewedMs = slewedMs;
  }

  #arrivalUtcMs(unit: AccessUnit): number {
    return unit.arrivalMonotonicMs + this.#slewedMs + this.#steppedMs;
  }

  #noteJumps(): void {
    this.#noteJumpsOf(this.#videoClock);
    this.#noteJumpsOf(this.#audioClock);
  }

  #noteJumpsOf(clock: TrackClock | undefined): void {
    if (!clock || clock.jumps.count === 0) return;
    this.#jumpsBefore += clock.jumps.count;
    this.#lastJumpMs = clock.jumps.lastMs;
  }
}

function steppedBy(stepMs: number): Hole {
  const direction = stepMs > 0 ? 'forward' : 'back';
  return {
    cause: 'clock',
    detail: `the wall clock was stepped ${direction} by ${(Math.abs(stepMs) / 1000).toFixed(1)} s`,
  };
}
