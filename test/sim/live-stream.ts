import type { Clock } from '../../src/base/clock.ts';
import type { ActiveFaults } from './active-faults.ts';
import { StreamTally } from './counters.ts';
import { buildFrameNumberSei } from './frame-number-sei.ts';
import type { PlaySession } from './play-session.ts';
import { dueTicksOf, firstNumberFrom, loopStart, unitOf } from './rtp/loop.ts';
import { packRun } from './rtp/packets.ts';
import type { PreparedClip, PreparedTrack } from './rtp/prepared-clip.ts';

/** After a longer pause of this process the stream goes on with the present, as a camera does, and does not make up for it. */
const MAX_LATENESS_MS = 5_000;

/** RTP times of the first that a session will get: for the answer to PLAY. */
export interface StartingPoint {
  readonly videoTimestamp: number;
  readonly soundTimestamp: number;
}

/**
 * One stream of a camera. It is live: time passes whether or not anybody watches, all clients see the same frame at the same
 * time, and frame numbers follow from the time since the camera started. While nobody watches it costs nothing.
 */
export class LiveStream {
  readonly prepared: PreparedClip;
  readonly tally = new StreamTally();
  readonly #camera: number;
  readonly #clock: Clock;
  readonly #faults: ActiveFaults;
  readonly #firstTimestamp: number;
  readonly #sessions = new Set<PlaySession>();
  #startedAtMs = 0;
  #nextFrame = 0;
  #nextSound = 0;

  constructor(input: {
    readonly camera: number;
    readonly prepared: PreparedClip;
    readonly clock: Clock;
    readonly faults: ActiveFaults;
    /** Of frame 0, before B-frames' delay. */
    readonly firstTimestamp: number;
  }) {
    this.prepared = input.prepared;
    this.#camera = input.camera;
    this.#clock = input.clock;
    this.#faults = input.faults;
    this.#firstTimestamp = input.firstTimestamp;
  }

  /** `phaseMs` delays the first frame, so that many cameras do not all send at the same instant. */
  start(phaseMs: number): void {
    this.#startedAtMs = this.#clock.monotonicMs() + phaseMs;
  }

  /** Nothing is sent before the next tick, so that the answer to PLAY can go first. */
  join(session: PlaySession, startAtKey: boolean): StartingPoint {
    if (this.#sessions.size === 0) this.#catchUp(this.#clock.monotonicMs());
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
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#dueMs(this.prepared.video, this.#nextFrame) > MAX_LATENESS_MS) this.#catchUp(nowMs);
    while (this.#dueMs(this.prepared.video, this.#nextFrame) <= nowMs) this.#sendFrame(this.#nextFrame++);
    const { sound } = this.prepared;
    while (sound && this.#dueMs(sound, this.#nextSound) <= nowMs) this.#sendSound(sound, this.#nextSound++);
    for (const session of this.#sessions) if (session.isReportDue(nowMs)) this.#sendReport(session, nowMs);
  }

  #sendFrame(number: number): void {
    const { video } = this.prepared;
    const sei = buildFrameNumberSei(video.codec, { camera: this.#camera, frame: number });
    const offered = {
      number,
      frame: unitOf(video, number),
      sei: packRun([[sei]], video.payloadType, false),
      timestamp: this.#timestamp(video, number),
      dueMs: this.#dueMs(video, number),
    };
    for (const session of this.#sessions) session.sendFrame(offered);
  }

  #sendSound(sound: NonNullable<PreparedClip['sound']>, number: number): void {
    const timestamp = this.#timestamp(sound, number);
    const dueMs = this.#dueMs(sound, number);
    for (const session of this.#sessions) session.sendSound(unitOf(sound, number), timestamp, dueMs);
  }

  #sendReport(session: PlaySession, nowMs: number): void {
    const elapsedMs = nowMs - this.#startedAtMs;
    const at = (clockRate: number) => (this.#origin(clockRate) + Math.round((elapsedMs * clockRate) / 1000)) >>> 0;
    const { video, sound } = this.prepared;
    session.sendReports(nowMs, this.#clock.nowUtcMs(), at(video.clockRate), at(sound?.clockRate ?? 0));
  }

  /** The first frame that a session that joins now will get. */
  #startingPoint(startAtKey: boolean): StartingPoint {
    const { video, sound } = this.prepared;
    let frame = this.#nextFrame;
    // A clip without any key frame at all must not hang the search.
    for (let i = 0; startAtKey && i < video.units.length && !unitOf(video, frame).isKey; i++) frame++;
    const soundTicks = sound ? (dueTicksOf(video, frame) * sound.clockRate) / video.clockRate : 0;
    return {
      videoTimestamp: this.#timestamp(video, frame),
      soundTimestamp: sound ? this.#timestamp(sound, firstNumberFrom(sound, soundTicks)) : 0,
    };
  }

  /** Goes to the present without sending what was due in between. */
  #catchUp(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#startedAtMs);
    const { video, sound } = this.prepared;
    this.#nextFrame = firstNumberFrom(video, (elapsedMs * video.clockRate) / 1000);
    if (sound) this.#nextSound = firstNumberFrom(sound, (elapsedMs * sound.clockRate) / 1000);
  }

  #dueMs<Unit extends { dueTicks: number }>(track: PreparedTrack<Unit>, number: number): number {
    return this.#startedAtMs + (dueTicksOf(track, number) * 1000) / track.clockRate;
  }

  #timestamp<Unit extends { dueTicks: number; timestamp: number }>(track: PreparedTrack<Unit>, number: number): number {
    return (this.#origin(track.clockRate) + loopStart(track, number) + unitOf(track, number).timestamp) >>> 0;
  }

  #origin(clockRate: number): number {
    return this.#firstTimestamp + Math.round((this.#faults.get('jump-timestamps')?.seconds ?? 0) * clockRate);
  }
}
