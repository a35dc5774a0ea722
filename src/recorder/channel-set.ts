import type { GapEntry } from '../archive/entries.ts';
import type { SegmentName } from '../archive/layout.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ChannelState } from '../link/messages.ts';
import type { PlanChannel } from '../link/plan.ts';
import type { StreamReport } from '../link/stream-report.ts';
import type { CameraMemory } from './camera/camera-memory.ts';
import { Channel } from './channel.ts';
import type { DriveSet } from './drive-set.ts';
import type { LiveHub } from './live-hub.ts';
import type { SegmentTimes } from './segment-cutter.ts';
import type { WallOffset } from './time/wall-offset.ts';

export interface ChannelSetOptions {
  readonly unit: string;
  readonly boot: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly wallOffset: WallOffset;
  readonly drives: DriveSet;
  readonly hub: LiveHub;
  times(): SegmentTimes;
  /** Memory for all tails together. */
  tailMaxBytes(): number;
  onGap(entry: GapEntry): void;
  onState(state: ChannelState): void;
  onReport(report: StreamReport): void;
}

/** The channels of the plan. Changes what differs, and leaves alone what does not: a plan that renames one channel costs no other a frame. */
export class ChannelSet {
  readonly #options: ChannelSetOptions;
  readonly #channels = new Map<string, Channel>();
  #allottedMbps = 0;
  #segmentCount = 0;
  #gapCount = 0;

  constructor(options: ChannelSetOptions) {
    this.#options = options;
  }

  get channels(): readonly Channel[] {
    return [...this.#channels.values()];
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#channels.keys());
  }

  get(id: string): Channel | undefined {
    return this.#channels.get(id);
  }

  async apply(plans: readonly PlanChannel[], cameras: CameraMemory): Promise<void> {
    this.#allottedMbps = plans.reduce((sum, channel) => sum + channel.allotmentMbps, 0);
    const wanted = new Map(plans.map((plan) => [plan.id, plan]));
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
    cameras.prune(plans.map(({ id }) => id));
    await Promise.all([...leaving, ...[...wanted.values()].map((plan) => this.#start(plan, cameras))]);
  }

  /** A few times a second. */
  tick(): void {
    for (const channel of this.#channels.values()) channel.tick();
  }

  noteClockStep(): void {
    for (const channel of this.#channels.values()) channel.noteClockStep();
  }

  async stop(): Promise<void> {
    await Promise.all(this.channels.map((channel) => channel.stop()));
  }

  /** A channel with another address or password takes over its predecessor's account: what was a gap stays one until there is footage. */
  async #start(plan: PlanChannel, cameras: CameraMemory): Promise<void> {
    const before = this.#channels.get(plan.id);
    await before?.stop();
    const channel = this.#create(plan, cameras, before);
    this.#channels.set(plan.id, channel);
    channel.start();
  }

  #create(plan: PlanChannel, cameras: CameraMemory, before: Channel | undefined): Channel {
    const { clock, log, unit, boot, drives, hub, wallOffset, times, tailMaxBytes } = this.#options;
    const { onGap, onState, onReport } = this.#options;
    return new Channel({
      plan,
      unit,
      times,
      tailMaxBytes: (allotmentMbps) => (tailMaxBytes() * allotmentMbps) / this.#allottedMbps,
      clock,
      wallOffset,
      log,
      drives,
      access: cameras.accessFor(plan.id),
      nextName: (channelId, startUtcMs) => this.#nextName(channelId, startUtcMs),
      nextGapId: () => `${unit}-${boot}-${++this.#gapCount}`,
      onGap,
      onState,
      onReport,
      onUnit: (timed) => hub.publish(plan.id, timed),
      isWatched: () => hub.isWatched(plan.id),
      before,
    });
  }

  #nextName(channelId: string, startUtcMs: number): SegmentName {
    const { unit, boot } = this.#options;
    return { unit, channelId, stream: 'main', boot, seq: ++this.#segmentCount, startUtcMs: Math.round(startUtcMs) };
  }
}
