import type { GapEntry } from '../archive/entries.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Command, type Fact, LINK_VERSION } from '../link/messages.ts';
import type { Plan, PlanDrive } from '../link/plan.ts';
import { type LinkPeer, LinkServer } from '../link/server.ts';
import type { StatePaths } from '../link/state.ts';
import { CameraMemory } from './camera/camera-memory.ts';
import { ChannelSet } from './channel-set.ts';
import { Drive, type DriveEvents } from './drive.ts';
import { DriveSet } from './drive-set.ts';
import { EarlierRuns } from './earlier-runs.ts';
import { GapOutbox } from './gap-outbox.ts';
import { HEARTBEAT_EVERY_MS } from './heartbeat.ts';
import { Ledger } from './ledger.ts';
import { LiveHub } from './live-hub.ts';
import { lockChanges } from './lock-changes.ts';
import { checkPlan, loadPlan, savePlan } from './plan-store.ts';
import { WallOffset } from './time/wall-offset.ts';

const TICK_MS = 200;
const SECOND_TICKS = 5;
/** A segment without key frames is cut at three times its length; a lock must cover even that. */
const MAX_SEGMENT_FACTOR = 3;
/** A healthy drive is opened in milliseconds. */
const DRIVE_OPEN_WAIT_MS = 1_000;
/** Until a plan is there. */
const DEFAULT_TIMES = { segmentMs: 300_000, fragmentMs: 500, promisedLossMs: 2_000 };

export interface RecorderOptions {
  readonly paths: StatePaths;
  readonly unit: string;
  readonly boot: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The data plane: follows the plan, tells what happens, and needs nobody. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #hub = new LiveHub();
  readonly #drives = new DriveSet();
  readonly #ledger: Ledger;
  readonly #gapOutbox = new GapOutbox((id) => this.#ledger.isOpen(id));
  readonly #link: LinkServer;
  readonly #wallOffset: WallOffset;
  readonly #startedUtcMs: number;
  readonly #channels: ChannelSet;
  readonly #earlierRuns: EarlierRuns;
  #cameras: CameraMemory | undefined;
  #plan: Plan | undefined;
  #ticks = 0;
  #timer: NodeJS.Timeout | undefined;
  #applying: Promise<void> = Promise.resolve();
  #hasResumed = false;

  constructor(options: RecorderOptions) {
    const { paths, clock, log } = options;
    this.#options = options;
    this.#startedUtcMs = clock.nowUtcMs();
    this.#wallOffset = new WallOffset(clock);
    this.#ledger = new Ledger({ folder: paths.ledger, clock, log });
    const own = { unit: options.unit, boot: options.boot, clock, log };
    const onGap = (entry: GapEntry) => this.#gapOutbox.push(entry);
    this.#channels = new ChannelSet({
      ...own,
      wallOffset: this.#wallOffset,
      drives: this.#drives,
      hub: this.#hub,
      times: () => this.#plan ?? DEFAULT_TIMES,
      tailMaxBytes: () => this.#plan?.tailMaxBytes ?? 0,
      onGap,
      onState: (state) => this.#link.broadcast(state),
      onReport: (report) => this.#link.broadcast(report),
    });
    this.#earlierRuns = new EarlierRuns({
      ...own,
      heartbeatPath: paths.heartbeat,
      startedUtcMs: this.#startedUtcMs,
      ledger: this.#ledger,
      channels: this.#channels,
      onGap,
    });
    this.#link = new LinkServer({
      path: paths.socket,
      log,
      onConnected: (peer) => this.#greet(peer),
      onCommand: (peer, command) => this.#obey(peer, command),
      onDisconnected: (peer) => this.#hub.dropPeer(peer),
    });
  }

  async start(): Promise<void> {
    // Control may send a plan as soon as the socket is there: it waits until the last one is in force.
    const begun = Promise.withResolvers<void>();
    this.#applying = begun.promise;
    await this.#link.start();
    await this.#begin();
    begun.resolve();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** From the last good plan, alone. */
  async #begin(): Promise<void> {
    const { paths, clock, log } = this.#options;
    await this.#earlierRuns.start();
    await this.#ledger.start();
    const { certificates: certificatesPath, refusals: refusalsPath } = paths;
    this.#cameras = await CameraMemory.open({ certificatesPath, refusalsPath, clock, log });
    const plan = await loadPlan(paths.plan).catch((error: unknown) => {
      log.error({ error: messageOf(error) }, 'the last plan cannot be read; waiting for control');
      return undefined;
    });
    if (plan) await this.#apply(plan);
  }

  /** Everything that arrived becomes durable. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#applying;
    await this.#channels.stop();
    this.#sendGaps();
    await this.#drives.stop();
    await this.#earlierRuns.saveHeartbeat();
    this.#sendGaps();
    await this.#ledger.stop();
    await this.#cameras?.flush();
    await this.#link.stop();
  }

  #greet(peer: LinkPeer): void {
    const { unit, boot } = this.#options;
    peer.send({
      kind: 'hello',
      version: LINK_VERSION,
      unit,
      boot,
      startedUtcMs: this.#startedUtcMs,
      planRevision: this.#plan?.revision ?? -1,
    });
    for (const { state, report } of this.#channels.channels) {
      peer.send(state);
      if (report) peer.send(report);
    }
    for (const drive of this.#drives.drives) peer.send(drive.stateFact);
  }

  #obey(peer: LinkPeer, command: Command): void {
    switch (command.kind) {
      case 'hello':
        return;
      case 'set-plan':
        this.#applying = this.#applying.then(() => this.#setPlan(peer, command.plan));
        return;
      case 'watch': {
        const backlog = this.#channels.get(command.channelId)?.recording.tail.fromLastKey() ?? [];
        this.#hub.watch(peer, command.watchId, command.channelId, backlog);
        return;
      }
      case 'unwatch':
        this.#hub.unwatch(peer, command.watchId);
        return;
      case 'delete-segments':
        void this.#deleteSegments(peer, command);
        return;
    }
  }

  async #setPlan(peer: LinkPeer, value: Plan): Promise<void> {
    try {
      const plan = checkPlan(value);
      await savePlan(this.#options.paths.plan, plan);
      // A lock is confirmed to a person only when it is written down: what follows is the confirmation.
      for (const entry of lockChanges(this.#plan?.locks ?? [], plan.locks)) {
        this.#ledger.append(entry);
        this.#drives.appendToJournals(entry);
      }
      await this.#ledger.flush();
      await this.#apply(plan);
      peer.send({ kind: 'plan-accepted', revision: plan.revision });
    } catch (error) {
      this.#options.log.error({ error: messageOf(error) }, 'plan rejected');
      peer.send({ kind: 'plan-rejected', revision: value.revision, reason: messageOf(error) });
    }
  }

  async #deleteSegments(peer: LinkPeer, command: Extract<Command, { kind: 'delete-segments' }>): Promise<void> {
    const drive = this.#drives.drives.find(({ plan }) => plan.driveId === command.driveId);
    let count = 0;
    try {
      count = (await drive?.deleteSegments(command.paths, command.reason)) ?? 0;
    } catch (error) {
      this.#options.log.error({ error: messageOf(error), driveId: command.driveId }, 'deleting on request failed');
    }
    peer.send({ kind: 'deleted', requestId: command.requestId, count });
  }

  async #apply(plan: Plan): Promise<void> {
    this.#plan = plan;
    await this.#applyDrives(plan);
    await this.#channels.apply(plan.channels, this.#camerasOrThrow());
    this.#resumeOnce();
    this.#options.log.info(
      { revision: plan.revision, channels: plan.channels.length, drives: plan.drives.length },
      'plan in force',
    );
  }

  /** When every drive has told its part, and each channel is there to hear it. */
  #resumeOnce(): void {
    if (this.#hasResumed) return;
    this.#hasResumed = true;
    void Promise.all(this.#drives.drives.map((drive) => drive.whenSettled())).then(() => this.#earlierRuns.resumeAll());
  }

  async #applyDrives(plan: Plan): Promise<void> {
    const added = this.#drives.apply(plan.drives, (drive, predecessor) => this.#createDrive(drive, predecessor));
    this.#drives.check();
    // Channels should find their drives at the start; a drive that hangs must not keep them waiting.
    await Promise.race([
      Promise.all(added.map((drive) => drive.whenOpened())),
      this.#options.clock.sleep(DRIVE_OPEN_WAIT_MS),
    ]);
  }

  #createDrive(plan: PlanDrive, predecessor: Promise<void>): Drive {
    const { unit, boot, clock, log } = this.#options;
    const { driveId } = plan;
    const events: DriveEvents = {
      onState: (state) => this.#link.broadcast(state),
      onOpened: (entry) => this.#link.broadcast({ kind: 'segment-opened', driveId, entry }),
      onClosed: (entry) => this.#link.broadcast({ kind: 'segment-closed', driveId, entry }),
      onDeleted: (entry) => this.#link.broadcast({ kind: 'segment-deleted', driveId, entry }),
      onFound: (entry) => this.#earlierRuns.noteFootage(entry),
      onRepaired: (entry) => {
        this.#earlierRuns.noteFootage(entry);
        this.#link.broadcast({ kind: 'segment-closed', driveId, entry });
      },
    };
    return new Drive({
      plan,
      unit,
      boot,
      predecessor,
      clock,
      log,
      events,
      promise: () => this.#plan ?? DEFAULT_TIMES,
      rules: () => ({
        locks: this.#plan?.locks ?? [],
        maxSegmentMs: (this.#plan?.segmentMs ?? 0) * MAX_SEGMENT_FACTOR,
        allottedMbps: this.#plan?.channels.reduce((sum, channel) => sum + channel.allotmentMbps, 0) ?? 0,
        maxAgeMs: this.#plan?.maxAgeMs ?? null,
      }),
    });
  }

  /** There from before the first plan on. */
  #camerasOrThrow(): CameraMemory {
    if (this.#cameras === undefined) throw new AppError('internal', 'a channel was made before the recorder had begun');
    return this.#cameras;
  }

  #sendGaps(): void {
    for (const entry of this.#gapOutbox.take()) {
      this.#ledger.append(entry);
      this.#drives.appendToJournals(entry);
      this.#link.broadcast({ kind: 'gap', entry });
    }
  }

  #tick(): void {
    this.#drives.check();
    this.#channels.tick();
    this.#sendGaps();
    void this.#ledger.flush();
    if (++this.#ticks % SECOND_TICKS === 0) this.#tickSecond();
  }

  #tickSecond(): void {
    const { clock, log } = this.#options;
    const stepMs = this.#wallOffset.check();
    if (stepMs !== 0) {
      log.warn({ stepMs }, 'the wall clock was stepped; segments are closed');
      this.#channels.noteClockStep();
    }
    const { channels } = this.#channels;
    const rates: Fact = {
      kind: 'rates',
      atUtcMs: clock.nowUtcMs(),
      channels: channels.map((channel) => channel.rates),
      drives: this.#drives.drives.map((drive) => drive.stats),
      tailBytes: channels.reduce((sum, channel) => sum + channel.recording.tail.bytes, 0),
    };
    this.#link.broadcast(rates);
    if (this.#ticks % Math.round(HEARTBEAT_EVERY_MS / TICK_MS) === 0) void this.#earlierRuns.saveHeartbeat();
  }
}
