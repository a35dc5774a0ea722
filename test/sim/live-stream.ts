import type { ActiveFaults } from './active-faults.ts';
import type { CameraClock } from './camera-clock.ts';
import { VIDEO_CLOCK_RATE } from './clip.ts';
import { StreamTally } from './counters.ts';
import type { PlaySession } from './play-session.ts';
import { Programme } from './programme.ts';
import { dueTicksOf, firstNumberFrom, loopStart, unitOf } from './rtp/loop.ts';
import type { PreparedClip, PreparedSound, PreparedTrack } from './rtp/prepared-clip.ts';

/** After a longer pause of this process the stream goes on with the present, as a camera does, and does not make up for it. */
const MAX_LATENESS_MS = 5_000;

/** RTP times of the first that a session will get: for the answer to PLAY. */
export interface StartingPoint {
  readonly videoTimestamp: number;
  readonly soundTimestamp: number;
}

export interface LiveStreamInput {
  readonly camera: number;
  readonly prepared: PreparedClip;
  readonly clock: CameraClock;
  readonly faults: ActiveFaults;
  /** Of frame 0, before B-frames' delay. */
  readonly firstTimestamp: number;
  /**
   * RTP ticks of the picture for each tick that passes. Not 1 where a camera counts a frame's time from the rate that it was set to and
   * sends at another.
   */
  readonly videoTimeScale: number;
  readonly hasSenderReports: boolean;
}

/**
 * One stream of a camera. It is live: time passes whether or not anybody watches, all clients see the same frame at the same
 * time, and frame numbers follow from the time since the camera started. While nobody watches it costs nothing.
 */
export class LiveStream {
  readonly tally = new StreamTally();
  readonly #input: LiveStreamInput;
  readonly #sessions = new Set<PlaySession>();
  readonly #sound: PreparedTrack<PreparedSound> | undefined;
  /** By the camera's clock. */
  #startedAtMs = 0;
  #programme: Programme;
  #nextProgramme: PreparedClip | undefined;
  #nextFrame = 0;
  #nextSound = 0;
  /** Timestamps that the fault `freeze-timestamps` holds. */
  #frozen: { video?: number; sound?: number } = {};

  constructor(input: LiveStreamInput) {
    this.#input = input;
    this.#sound = input.prepared.sound;
    this.#programme = new Programme(input.prepared, 0, 0);
  }

  /** What is shown now. Its sound is that of the first clip for ever. */
  get prepared(): PreparedClip {
    return this.#programme.clip;
  }

  /** `phaseMs` delays the first frame, so that many cameras do not all send at the same instant. */
  start(phaseMs: number): void {
    this.#startedAtMs = this.#input.clock.elapsedMs() + phaseMs;
  }

  /** Another picture, as soon as it can follow. */
  change(clip: PreparedClip): void {
    this.#nextProgramme = clip === this.prepared ? undefined : clip;
  }

  /** New SSRCs and sequence numbers in mid-session, as when a camera's encoder has crashed and came back. */
  restart(random: () => number): void {
    for (const session of this.#sessions) session.restart(random, this.#nextFrame);
  }

  /** Nothing is sent before the next tick, so that the answer to PLAY can go first. */
  join(session: PlaySession, startAtKey: boolean): StartingPoint {
    if (this.#sessions.size === 0) this.#catchUp(this.#elapsedMs());
    this.#changeIfDue(this.#nextFrame);
    this.#sessions.add(session);
    this.tally.add(session.tally);
    return this.#startingPoint(startAtKey);
  }

  leave(session: PlaySession): void {
    this.#sessions.delete(session);
  }

  /** Sends what is due. Called every few milliseconds. */
  tick(): void {
    if (this.#sessions.size === 0) return;
    const nowMs = this.#elapsedMs();
    if (nowMs - this.#videoDueMs(this.#nextFrame) > MAX_LATENESS_MS) this.#catchUp(nowMs);
    while (this.#videoDueMs(this.#nextFrame) <= nowMs) this.#sendFrame(this.#nextFrame++);
    const sound = this.#sound;
    while (sound && soundDueMs(sound, this.#nextSound) <= nowMs) this.#sendSound(sound, this.#nextSound++);
    if (!this.#input.hasSenderReports) return;
    for (const session of this.#sessions) if (session.isReportDue(nowMs)) this.#sendReport(session, nowMs);
  }

  #changeIfDue(number: number): void {
    if (!this.#nextProgramme || !this.#programme.canEndBefore(number)) return;
    this.#programme = this.#programme.followedBy(this.#nextProgramme, number);
    this.#nextProgramme = undefined;
  }

  #elapsedMs(): number {
    return this.#input.clock.elapsedMs() - this.#startedAtMs;
  }

  #sendFrame(number: number): void {
    this.#changeIfDue(number);
    const frame = this.#programme.frame(number);
    const offered = {
      number,
      prepared: this.prepared,
      frame,
      label: this.prepared.video.packNumber(frame, { camera: this.#input.camera, frame: number }),
      timestamp: this.#videoTimestamp(number),
      dueMs: this.#videoDueMs(number),
    };
    for (const session of this.#sessions) session.sendFrame(offered);
  }

  #sendSound(sound: PreparedTrack<PreparedSound>, number: number): void {
    const timestamp = this.#soundTimestamp(sound, number);
    for (const session of this.#sessions) {
      session.sendSound(unitOf(sound, number), timestamp, soundDueMs(sound, number));
    }
  }

  #sendReport(session: PlaySession, nowMs: number): void {
    const { clock, videoTimeScale } = this.#input;
    const soundRate = this.#sound?.clockRate ?? 0;
    session.sendReports(
      nowMs,
      clock.nowUtcMs(),
      this.#origin(VIDEO_CLOCK_RATE) + Math.round(((nowMs * VIDEO_CLOCK_RATE) / 1000) * videoTimeScale),
      this.#origin(soundRate) + Math.round((nowMs * soundRate) / 1000),
    );
  }

  /** The first frame that a session that joins now will get. */
  #startingPoint(startAtKey: boolean): StartingPoint {
    const frame = startAtKey ? this.#programme.keyFrameFrom(this.#nextFrame) : this.#nextFrame;
    const sound = this.#sound;
    const soundTicks = sound ? (this.#videoDueMs(frame) * sound.clockRate) / 1000 : 0;
    return {
      videoTimestamp: this.#videoTimestamp(frame),
      soundTimestamp: sound ? this.#soundTimestamp(sound, firstNumberFrom(sound, soundTicks)) : 0,
    };
  }

  /** Goes to the present without sending what was due in between. */
  #catchUp(elapsedMs: number): void {
    const nowMs = Math.max(0, elapsedMs);
    this.#nextFrame = this.#programme.numberFrom((nowMs * VIDEO_CLOCK_RATE) / 1000);
    if (this.#sound) this.#nextSound = firstNumberFrom(this.#sound, (nowMs * this.#sound.clockRate) / 1000);
  }

  /** Since the stream's start. */
  #videoDueMs(number: number): number {
    return (this.#programme.dueTicks(number) * 1000) / VIDEO_CLOCK_RATE;
  }

  #videoTimestamp(number: number): number {
    const ticks = Math.round(this.#programme.shownTicks(number) * this.#input.videoTimeScale);
    return this.#held('video', (this.#origin(VIDEO_CLOCK_RATE) + ticks) >>> 0);
  }

  #soundTimestamp(sound: PreparedTrack<PreparedSound>, number: number): number {
    const ticks = loopStart(sound, number) + unitOf(sound, number).timestamp;
    return this.#held('sound', (this.#origin(sound.clockRate) + ticks) >>> 0);
  }

  #held(track: 'video' | 'sound', timestamp: number): number {
    if (!this.#input.faults.has('freeze-timestamps')) {
      this.#frozen = {};
      return timestamp;
    }
    this.#frozen[track] ??= timestamp;
    return this.#frozen[track];
  }

  #origin(clockRate: number): number {
    const jumpSeconds = this.#input.faults.get('jump-timestamps')?.seconds ?? 0;
    return this.#input.firstTimestamp + Math.round(jumpSeconds * clockRate);
  }
}

function soundDueMs(sound: PreparedTrack<PreparedSound>, number: number): number {
  return (dueTicksOf(sound, number) * 1000) / sound.clockRate;
}
