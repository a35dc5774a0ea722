import { type ScheduledTask, schedule } from 'node-cron';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Command } from '../link/messages.ts';
import type { PlanLock } from '../link/plan.ts';
import { deletionsOf, expiryUtcMs, MAX_PATHS_PER_REQUEST } from './retention.ts';

/** Off the full hour, at which everything else runs. */
const HOURLY = '7 * * * *';

/** Deleted in one run; what is left waits an hour. A day of 64 channels in segments of 5 minutes is 18,432. */
const MAX_PER_RUN = 20 * MAX_PATHS_PER_REQUEST;

export interface AgeKeeperOptions {
  readonly catalog: Pick<Catalog, 'endedBefore'>;
  readonly maxAgeDays: () => number | null;
  readonly locks: () => readonly PlanLock[];
  readonly send: (command: Command) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Has footage beyond the maximum age deleted, each hour. Deleting for room is the recorder's own. */
export class AgeKeeper {
  readonly #options: AgeKeeperOptions;
  #task: ScheduledTask | undefined;
  #nextRequestId = 1;

  constructor(options: AgeKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#task = schedule(HOURLY, () => this.runLogged(), { noOverlap: true, name: 'retention by age' });
  }

  async stop(): Promise<void> {
    await this.#task?.destroy();
  }

  /** Returns how many segments the recorder was asked to delete. */
  async runOnce(): Promise<number> {
    const { catalog, maxAgeDays, locks, send, clock, log } = this.#options;
    const beforeUtcMs = expiryUtcMs(maxAgeDays(), clock.nowUtcMs());
    if (beforeUtcMs === undefined) return 0;
    const expired = await catalog.endedBefore(beforeUtcMs, MAX_PER_RUN);
    let count = 0;
    for (const { driveId, paths } of deletionsOf(expired, locks())) {
      const requestId = this.#nextRequestId++;
      if (!send({ kind: 'delete-segments', requestId, driveId, paths: [...paths], reason: 'age' })) break;
      count += paths.length;
    }
    if (count > 0) log.info({ segments: count, beforeUtcMs }, 'footage beyond the maximum age is deleted');
    return count;
  }

  /** The same, for callers that have nobody to tell of an error. */
  async runLogged(): Promise<void> {
    try {
      await this.runOnce();
    } catch (error) {
      this.#options.log.error({ error: messageOf(error) }, 'retention by age failed, it is tried again in an hour');
    }
  }
}
