import type { GapEntry } from '../archive/entries.ts';
import type { SegmentName } from '../archive/layout.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ChannelState, Rates } from '../link/messages.ts';
import { isScheduledOn, type PlanChannel } from '../link/plan.ts';
import type { StreamReport } from '../link/stream-report.ts';
import type { AccessUnit } from '../media/access-unit.ts';
import type { StreamFormats } from '../protocols/rtsp/media-receiver.ts';
import { type CameraAccess, CameraSession, type SessionFailure } from './camera-session.ts';
import { type ChannelFacts, channelState, isSameState } from './channel-state.ts';
import { DecodableGate } from './decodable-gate.ts';
import type { DriveSet } from './drive-set.ts';
import { GapTracker } from './gap-tracker.ts';
import { PacketFlow } from './packet-flow.ts';
import { watchPictures } from './picture-watch.ts';
import { RateMeter } from './rate-meter.ts';
import { Recording } from './recording.ts';
import { StreamAccount } from './report/stream-account.ts';
import type { SegmentTimes } from './segment-cutter.ts';
import { CameraTimeline } from './time/camera-timeline.ts';
import type { Hole, TimedUnit } from './time/timed-unit.ts';
import type { WallOffset } from './time/wall-offset.ts';
import { Troubles } from './troubles.ts';

export interface ChannelOptions {
  readonly plan: PlanChannel;
  readonly unit: string;
  times(): SegmentTimes;
  tailMaxBytes(allotmentMbps: number): number;
  readonly clock: Clock;
  readonly wallOffset: WallOffset;
  readonly log: Log;
  readonly drives: DriveSet;
  readonly access: CameraAccess;
  nextName(channelId: string, startUtcMs: number): SegmentName;
  nextGapId(): string;
  onGap(entry: GapEntry): void;
  onState(state: ChannelState): void;
  onReport(report: StreamReport): void;
  onUnit(timed: TimedUnit): void;
  /** Somebody watches live. */
  isWatched(): boolean;
  /** Its earlier life, with another address or password: its account goes on. */
  readonly before?: Channel | undefined;
}

/** One camera channel: its session, its recording, its account of gaps, and what it says of itself. */
export class Channel {
  #plan: PlanChannel;
  readonly recording: Recording;
  readonly gaps: GapTracker;
  readonly #options: ChannelOptions;
  readonly #session: CameraSession;
  readonly #meter = new RateMeter();
  readonly #account: StreamAccount;
  readonly #timeline: CameraTimeline;
  readonly #gate = new DecodableGate();
  readonly #flow = new PacketFlow();
  #formats: StreamFormats = {};
  #isUp = false;
  /** The session is ended from here, because nothing can be made of what comes in it. */
  #isGivenUp = false;
  readonly #troubles: Troubles;
  #lastPictureMs = 0;
  /** What explains a hole in front of the next picture. */
  #hole: Hole | undefined;
  #videoFrames = 0;
  #framesWritten = 0;
  #told: ChannelFacts | undefined;

  constructor(options: ChannelOptions) {
    const { plan, clock, log, wallOffset, drives } = options;
    this.#plan = plan;
    this.#options = options;
    const ownLog = log.child({ channel: plan.number, name: plan.name });
    this.#timeline = new CameraTimeline({ wallOffset, onTimed: (timed) => this.#takeTimed(timed) });
    this.gaps =
      options.before?.gaps ?? new GapTracker({ unit: options.unit, channelId: plan.id, nextId: options.nextGapId });
    this.#troubles = new Troubles({ gaps: this.gaps, clock, onGap: options.onGap });
    this.recording = new Recording({
      times: options.times,
      tailMaxBytes: () => options.tailMaxBytes(this.#plan.allotmentMbps),
      choosePlacement: () => drives.choose(plan.id, this.#plan),
      nextName: (startUtcMs) => options.nextName(plan.id, startUtcMs),
      clockState: () => 'unsynced',
      onFootage: (startUtcMs, endUtcMs, frames, hole) => this.#noteFootage(startUtcMs, endUtcMs, frames, hole),
      onRevoked: (throughUtcMs) => this.gaps.revoke(throughUtcMs),
      onKeylessSegment: (startUtcMs) => {
        const start = new Date(startUtcMs).toISOString();
        ownLog.warn(
          { start },
          'a segment begins without a key frame, because none came; players show it from the next one on',
        );
      },
      onPaused: (cause, detail) => this.#pauseFor({ cause, detail }),
      onResumed: () => this.#resume(),
    });
    if (options.before) this.recording.setPredecessor(options.before.recording.lastHash);
    this.#account = new StreamAccount({
      channelId: plan.id,
      clock,
      log: ownLog,
      session: () => this.#session.facts,
      timeFigures: () => this.#timeline.figures,
      undecodable: () => this.#gate.undecodable + this.#timeline.leftOut,
      onReport: options.onReport,
    });
    this.#session = new CameraSession({
      address: () => this.#plan,
      access: options.access,
      clock,
      log: ownLog,
      onUp: () => this.#noteUp(),
      onFormat: (format) => {
        this.#formats = format;
        this.#timeline.setFormats(format);
        this.#account.noteFormats(format);
      },
      onUnit: (unit) => this.#takeUnit(unit),
      onSenderReport: (report) => this.#timeline.noteSenderReport(report),
      onDown: (failure, attemptUtcMs) => this.#noteDown(failure, attemptUtcMs),
    });
  }

  get plan(): PlanChannel {
    return this.#plan;
  }

  /** Whether `next` can take effect without a new connection. */
  canUpdateTo(next: PlanChannel): boolean {
    const { id, url, username, password, transport = 'auto' } = this.#plan;
    const isSameAccount = next.url === url && next.username === username && next.password === password;
    const isSameWay = (next.transport ?? 'auto') === transport && this.#isContentWith(next.certificate ?? undefined);
    return next.id === id && isSameAccount && isSameWay;
  }

  /** A certificate that the running session shows anyway may be written into the settings without a new connection. */
  #isContentWith(certificate: string | undefined): boolean {
    if (certificate === (this.#plan.certificate ?? undefined)) return true;
    const connection = this.#isUp ? this.#session.facts?.connection : undefined;
    if (connection === undefined) return false;
    return !connection.isEncrypted || certificate === undefined || certificate === connection.certificate;
  }

  /** Name, schedule, allotment and bays change in place; bays take effect with the next segment. */
  update(next: PlanChannel): void {
    this.#plan = next;
    this.#applySchedule();
  }

  start(): void {
    this.gaps.expectFrom(this.#options.clock.nowUtcMs());
    this.#applySchedule();
    this.#session.start();
    this.#tellState();
  }

  async stop(): Promise<void> {
    await this.#session.stop();
    this.#timeline.endSession();
    this.recording.close();
  }

  /** The channel leaves the plan: from now on nothing is owed. */
  leave(): void {
    this.#troubles.end();
    this.#options.drives.forget(this.plan.id);
  }

  /** A few times a second. */
  tick(): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#session.allowDelay(!this.#options.isWatched());
    this.#timeline.tick(nowMs);
    if (this.#timeline.isLeavingOut(nowMs)) this.recording.flush();
    this.#account.tick(nowMs);
    this.#applySchedule();
    this.recording.retry();
    this.#watchPictures(nowMs);
    this.#tellState();
  }

  /** The wall clock was stepped: the next key frame begins a segment in the new time. */
  noteClockStep(): void {
    this.#timeline.beginStretch();
  }

  get rates(): Rates['channels'][number] {
    return {
      channelId: this.plan.id,
      ...this.#meter.read(this.#options.clock.monotonicMs()),
      videoFrames: this.#videoFrames,
      framesWritten: this.#framesWritten,
      ...this.#account.totals,
      lastFootageUtcMs: this.#framesWritten > 0 ? (this.gaps.coveredThroughUtcMs ?? null) : null,
    };
  }

  /** The last one, for who asks in between. */
  get report(): StreamReport | undefined {
    return this.#account.lastReport;
  }

  get state(): ChannelState {
    return channelState(this.#facts(), this.#options.clock.nowUtcMs());
  }

  #facts(): ChannelFacts {
    const { failure, current } = this.#troubles;
    return {
      channelId: this.#plan.id,
      state: this.#stateName(),
      problem: current,
      presentedCertificate: failure?.presentedCertificate,
      formats: this.#formats,
    };
  }

  #stateName(): ChannelState['state'] {
    const { failure, pause } = this.#troubles;
    if (failure) return 'failing';
    if (pause) return 'paused';
    return this.#isUp && this.#timeline.serial > 0 ? 'recording' : 'connecting';
  }

  #takeUnit(unit: AccessUnit): void {
    const nowMs = unit.arrivalMonotonicMs;
    this.#meter.add(unit.data.length, nowMs);
    this.#account.noteUnit(unit);
    if (unit.kind === 'video') {
      this.#lastPictureMs = nowMs;
      this.#videoFrames++;
      if (!this.#gate.lets(unit)) return;
      this.#troubles.recover();
      this.#timeline.push(unit, this.#gate.takeHole() ?? this.#hole);
      this.#hole = undefined;
    } else {
      this.#timeline.push(unit, undefined);
    }
  }

  #takeTimed(timed: TimedUnit): void {
    this.#account.noteTimed(timed);
    this.recording.push(timed);
    this.#options.onUnit(timed);
  }

  #noteFootage(startUtcMs: number, endUtcMs: number, videoFrames: number, hole: Hole | undefined): void {
    this.#framesWritten += videoFrames;
    this.#troubles.noteFootage(startUtcMs, endUtcMs, hole);
  }

  #noteUp(): void {
    this.#isUp = true;
    this.#account.beginSession();
    this.#hole = { cause: 'no-data', detail: 'connected, waiting for the first key frame' };
    this.#lastPictureMs = this.#options.clock.monotonicMs();
    this.#flow.begin(this.#lastPictureMs);
    this.#isGivenUp = false;
  }

  #noteDown(failure: SessionFailure, attemptUtcMs: number): void {
    // An attempt that failed did so since it began; a session that played ended now, whatever was wrong with it before.
    const sinceUtcMs = this.#isUp ? undefined : attemptUtcMs;
    this.#isUp = false;
    if (this.#isGivenUp) this.#account.noteGivenUp();
    this.#account.endSession();
    this.#timeline.endSession();
    this.#gate.reset();
    this.recording.close();
    this.#troubles.fail(failure, sinceUtcMs);
    this.#tellState();
  }

  #watchPictures(nowMs: number): void {
    const counters = this.#session.facts?.counters;
    if (!this.#isUp || !counters) return;
    const flow = this.#flow.note(nowMs, this.#lastPictureMs, counters);
    const silentMs = nowMs - this.#lastPictureMs;
    const watch = watchPictures({ silentMs, undecodableMs: this.#gate.undecodableMs(nowMs), flow });
    if (watch.isFlushDue) this.recording.flush();
    const { failure } = watch;
    if (!failure) return;
    this.#troubles.fail(failure, this.#options.clock.nowUtcMs() - watch.lastedMs);
    // The picture that ends it tells how much it was.
    if (failure.cause === 'stream-error' && silentMs >= watch.lastedMs) this.#hole = failure;
    if (!watch.isRestartDue) return;
    this.#isGivenUp = failure.cause === 'stream-error';
    this.#session.restart(failure);
  }

  #pauseFor(pause: Hole): void {
    this.#troubles.pauseFor(pause);
    this.#tellState();
  }

  #resume(): void {
    this.#troubles.resume();
    this.#tellState();
  }

  #applySchedule(): void {
    const isOn = isScheduledOn(this.#plan.schedule, this.#options.clock.nowUtcMs());
    const isOff = this.#troubles.pause?.cause === 'schedule';
    if (isOn === !isOff) return;
    if (isOn) {
      this.#troubles.resume();
      this.recording.release();
    } else {
      this.recording.hold();
      this.#pauseFor({ cause: 'schedule', detail: 'the schedule says no recording now' });
    }
  }

  #tellState(): void {
    const facts = this.#facts();
    if (isSameState(this.#told, facts)) return;
    this.#told = facts;
    this.#options.onState(this.state);
  }
}
