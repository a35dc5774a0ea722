import type { GapEntry, SegmentClosedEntry } from '../archive/entries.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ChannelSet } from './channel-set.ts';
import { type Heartbeat, readHeartbeat, writeHeartbeat } from './heartbeat.ts';
import type { Ledger } from './ledger.ts';
import { resumePoint } from './resume-point.ts';

export interface EarlierRunsOptions {
  readonly unit: string;
  readonly boot: number;
  readonly heartbeatPath: string;
  readonly startedUtcMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly channels: ChannelSet;
  onGap(entry: GapEntry): void;
}

/**
 * What joins this run of the recorder to the ones before it: how far their footage goes, which gaps they left open, and the hash that each
 * channel's chain goes on from. The heartbeat tells the same to the next run.
 */
export class EarlierRuns {
  readonly #options: EarlierRunsOptions;
  #heartbeat: Heartbeat | undefined;
  /** Where their footage ends, by channel. */
  readonly #endUtcMs = new Map<string, number>();

  constructor(options: EarlierRunsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#heartbeat = await readHeartbeat(this.#options.heartbeatPath);
  }

  /** Each channel's newest segment tells where its account goes on, and is the predecessor of its next one. */
  noteFootage(entry: SegmentClosedEntry): void {
    const { unit, boot, channels } = this.#options;
    if (entry.unit !== unit || entry.boot === boot) return;
    const known = this.#endUtcMs.get(entry.channelId) ?? 0;
    if (entry.endUtcMs < known) return;
    this.#endUtcMs.set(entry.channelId, entry.endUtcMs);
    channels.get(entry.channelId)?.recording.setPredecessor(Buffer.from(entry.hash, 'hex'));
  }

  /** Once the drives have told how far the last run's footage goes: the time until this start is a gap. */
  resumeAll(): void {
    const { ledger, channels, startedUtcMs, onGap } = this.#options;
    const openGaps = new Map(
      ledger
        .openGaps()
        .filter((gap) => this.#isOfEarlierBoot(gap))
        .map((gap) => [gap.channelId, gap]),
    );
    for (const channelId of new Set([...channels.ids, ...openGaps.keys()])) {
      const channel = channels.get(channelId);
      const { closed, fromUtcMs } = resumePoint({
        openGap: openGaps.get(channelId),
        aliveUtcMs: this.#heartbeat?.atUtcMs ?? startedUtcMs,
        footageEndUtcMs: Math.max(
          this.#endUtcMs.get(channelId) ?? 0,
          this.#heartbeat?.lastFootageUtcMs[channelId] ?? 0,
        ),
      });
      if (closed) onGap(closed);
      // A channel that has left the plan since is owed nothing more.
      if (fromUtcMs === undefined || channel === undefined) continue;
      for (const entry of channel.gaps.resume(fromUtcMs, startedUtcMs)) onGap(entry);
    }
  }

  async saveHeartbeat(): Promise<void> {
    const { channels, clock, log, heartbeatPath } = this.#options;
    const lastFootageUtcMs: Record<string, number> = { ...this.#heartbeat?.lastFootageUtcMs };
    for (const { rates } of channels.channels) {
      if (rates.lastFootageUtcMs !== null) lastFootageUtcMs[rates.channelId] = rates.lastFootageUtcMs;
    }
    try {
      await writeHeartbeat(heartbeatPath, { atUtcMs: clock.nowUtcMs(), lastFootageUtcMs });
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the heartbeat cannot be written');
    }
  }

  /** Gap ids are `<unit>-<boot>-<count>`. */
  #isOfEarlierBoot(gap: GapEntry): boolean {
    const { unit, boot } = this.#options;
    const [gapUnit, gapBoot] = gap.id.split('-');
    return gapUnit === unit && Number(gapBoot) < boot;
  }
}
