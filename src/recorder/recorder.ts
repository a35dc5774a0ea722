import type { GapEntry, SegmentClosedEntry } from '../archive/entries.ts';
import type { SegmentName } from '../archive/layout.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Command, type Fact, LINK_VERSION } from '../link/messages.ts';
import type { Plan, PlanChannel, PlanDrive } from '../link/plan.ts';
import { type LinkPeer, LinkServer } from '../link/server.ts';
import type { StatePaths } from '../link/state.ts';
import { CameraMemory } from './camera/camera-memory.ts';
import { Channel } from './channel.ts';
import { Drive, type DriveEvents } from './drive.ts';
import { DriveSet } from './drive-set.ts';
import { HEARTBEAT_EVERY_MS, type Heartbeat, readHeartbeat, writeHeartbeat } from './heartbeat.ts';
import { Ledger } from './ledger.ts';
import { LiveHub } from './live-hub.ts';
import { lockChanges } from './lock-changes.ts';
import { checkPlan, loadPlan, savePlan } from './plan-store.ts';
import { resumePoint } from './resume-point.ts';
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
  readonly #link: LinkServer;
  readonly #wallOffset: WallOffset;
  readonly #startedUtcMs: number;
  readonly #channels = new Map<string, Channel>();
  #cameras: CameraMemory | undefined;
  #plan: Plan | undefined;
  #allottedMbps = 0;
  #heartbeat: Heartbeat | undefined;
  #seq = 0;
  #gapCount = 0;
  #ticks = 0;
  #timer: NodeJS.Timeout | undefined;
  #applying: Promise<void> = Promise.resolve();
  /** Where the footage of earlier runs ends, by channel. */
  readonly #earlierEndUtcMs = new Map<string, number>();
  #hasResumed = false;

  constructor(options: RecorderOptions) {
    const { paths, clock, log } = options;
    this.#options = options;
    this.#startedUtcMs = clock.nowUtcMs();
    this.#wallOffset = new WallOffset(clock);
    this.#ledger = new Ledger({ folder: paths.ledger, clock, log });
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
    this.#heartbeat = await readHeartbeat(paths.heartbeat);
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
    await Promise.all([...this.#channels.values()].map((channel) => channel.stop()));
    await this.#drives.stop();
    await this.#saveHeartbeat();
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
    for (const { state, report } of this.#channels.values()) {
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

  /** Changes what differs, and leaves alone what does not: a plan that renames one channel costs no other a frame. */
  async #apply(plan: Plan): Promise<void> {
    this.#plan = plan;
    this.#allottedMbps = plan.channels.reduce((sum, channel) => sum + channel.allotmentMbps, 0);
    await this.#applyDrives(plan);
    await this.#applyChannels(plan);
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
    void Promise.all(this.#drives.drives.map((drive) => drive.whenSettled())).then(() => this.#resumeAll());
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
      onFound: (entry) => this.#noteEarlierFootage(entry),
      onRepaired: (entry) => {
        this.#noteEarlierFootage(entry);
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
        allottedMbps: this.#allottedMbps,
        maxAgeMs: this.#plan?.maxAgeMs ?? null,
      }),
    });
  }

  async #applyChannels(plan: Plan): Promise<void> {
    const wanted = new Map(plan.channels.map((channel) => [channel.id, channel]));
    const leaving: Promise<void>[] = [];
    for (const [id, channel] of this.#channels) {
      const next = wanted.get(id);
      if (next && channel.canUpdateTo(next)) {
        channel.update(next);
        wanted.delete(id);
      } else if (!next) {
        this.#channels.delete(id);
        leaving.push(channel.stop().then(() => channel.leave()));
      }
    }
    this.#cameras?.prune(plan.channels.map(({ id }) => id));
    await Promise.all([...leaving, ...[...wanted.values()].map((channelPlan) => this.#startChannel(channelPlan))]);
  }

  /** A channel with another address or password takes over its predecessor's account: what was a gap stays one until there is footage. */
  async #startChannel(channelPlan: PlanChannel): Promise<void> {
    const before = this.#channels.get(channelPlan.id);
    await before?.stop();
    const channel = this.#createChannel(channelPlan, before);
    this.#channels.set(channelPlan.id, channel);
    channel.start();
  }

  #createChannel(channelPlan: PlanChannel, before: Channel | undefined): Channel {
    const { clock, log, unit } = this.#options;
    return new Channel({
      plan: channelPlan,
      unit,
      times: () => this.#plan ?? DEFAULT_TIMES,
      tailMaxBytes: (allotmentMbps) => ((this.#plan?.tailMaxBytes ?? 0) * allotmentMbps) / this.#allottedMbps,
      clock,
      wallOffset: this.#wallOffset,
      log,
      drives: this.#drives,
      access: this.#camerasOrThrow().accessFor(channelPlan.id),
      nextName: (channelId, startUtcMs) => this.#nextName(channelId, startUtcMs),
      nextGapId: () => `${unit}-${this.#options.boot}-${++this.#gapCount}`,
      onGap: (entry) => this.#noteGap(entry),
      onState: (state) => this.#link.broadcast(state),
      onReport: (report) => this.#link.broadcast(report),
      onUnit: (timed) => this.#hub.publish(channelPlan.id, timed),
      isWatched: () => this.#hub.isWatched(channelPlan.id),
      before,
    });
  }

  /** There from before the first plan on. */
  #camerasOrThrow(): CameraMemory {
    if (this.#cameras === undefined) throw new AppError('internal', 'a channel was made before the recorder had begun');
    return this.#cameras;
  }

  #nextName(channelId: string, startUtcMs: number): SegmentName {
    const { unit, boot } = this.#options;
    return { unit, channelId, stream: 'main', boot, seq: ++this.#seq, startUtcMs: Math.round(startUtcMs) };
  }

  #noteGap(entry: GapEntry): void {
    this.#ledger.append(entry);
    this.#drives.appendToJournals(entry);
    this.#link.broadcast({ kind: 'gap', entry });
  }

  /** Each channel's newest segment of earlier runs tells where its account goes on, and is the predecessor of its next one. */
  #noteEarlierFootage(entry: SegmentClosedEntry): void {
    const { unit, boot } = this.#options;
    if (entry.unit !== unit || entry.boot === boot) return;
    const known = this.#earlierEndUtcMs.get(entry.channelId) ?? 0;
    if (entry.endUtcMs < known) return;
    this.#earlierEndUtcMs.set(entry.channelId, entry.endUtcMs);
    this.#channels.get(entry.channelId)?.recording.setPredecessor(Buffer.from(entry.hash, 'hex'));
  }

  /**
   * Once the drives have told how far the last run's footage goes: the time until this start is a gap.
   */
  #resumeAll(): void {
    const openGaps = new Map(
      this.#ledger
        .openGaps()
        .filter((gap) => isOfEarlierBoot(gap, this.#options))
        .map((gap) => [gap.channelId, gap]),
    );
    for (const channelId of new Set([...this.#channels.keys(), ...openGaps.keys()])) {
      const channel = this.#channels.get(channelId);
      const { closed, fromUtcMs } = resumePoint({
        openGap: openGaps.get(channelId),
        aliveUtcMs: this.#heartbeat?.atUtcMs ?? this.#startedUtcMs,
        footageEndUtcMs: Math.max(
          this.#earlierEndUtcMs.get(channelId) ?? 0,
          this.#heartbeat?.lastFootageUtcMs[channelId] ?? 0,
        ),
      });
      if (closed) this.#noteGap(closed);
      // A channel that has left the plan since is owed nothing more.
      if (fromUtcMs === undefined || channel === undefined) continue;
      for (const entry of channel.gaps.resume(fromUtcMs, this.#startedUtcMs)) this.#noteGap(entry);
    }
  }

  #tick(): void {
    this.#drives.check();
    for (const channel of this.#channels.values()) channel.tick();
    void this.#ledger.flush();
    if (++this.#ticks % SECOND_TICKS === 0) this.#tickSecond();
  }

  #tickSecond(): void {
    const { clock, log } = this.#options;
    const stepMs = this.#wallOffset.check();
    if (stepMs !== 0) {
      log.warn({ stepMs }, 'the wall clock was stepped; segments are closed');
      for (const channel of this.#channels.values()) channel.noteClockStep();
    }
    const channels = [...this.#channels.values()];
    const rates: Fact = {
      kind: 'rates',
      atUtcMs: clock.nowUtcMs(),
      channels: channels.map((channel) => channel.rates),
      drives: this.#drives.drives.map((drive) => drive.stats),
      tailBytes: channels.reduce((sum, channel) => sum + channel.recording.tail.bytes, 0),
    };
    this.#link.broadcast(rates);
    if (this.#ticks % Math.round(HEARTBEAT_EVERY_MS / TICK_MS) === 0) void this.#saveHeartbeat();
  }

  async #saveHeartbeat(): Promise<void> {
    const lastFootageUtcMs: Record<string, number> = { ...this.#heartbeat?.lastFootageUtcMs };
    for (const { rates } of this.#channels.values()) {
      if (rates.lastFootageUtcMs !== null) lastFootageUtcMs[rates.channelId] = rates.lastFootageUtcMs;
    }
    try {
      await writeHeartbeat(this.#options.paths.heartbeat, {
        atUtcMs: this.#options.clock.nowUtcMs(),
        lastFootageUtcMs,
      });
    } catch (error) {
      this.#options.log.error({ error: messageOf(error) }, 'the heartbeat cannot be written');
    }
  }
}

/** Gap ids are `<unit>-<boot>-<count>`. */
function isOfEarlierBoot(gap: GapEntry, { unit, boot }: { unit: string; boot: number }): boolean {
  const [gapUnit, gapBoot] = gap.id.split('-');
  return gapUnit === unit && Number(gapBoot) < boot;
}
