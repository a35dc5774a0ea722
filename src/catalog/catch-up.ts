import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS, SECOND_MS } from '../base/units.ts';
import type { Catalog, MountedDrive } from './catalog.ts';
import { readDrive, readLedger, type SourceResult } from './read-source.ts';

/** Facts of the link keep the catalog up to date; this finds what they missed, and moves the marks on. */
const CATCH_UP_EVERY_MS = 10 * MINUTE_MS;

/** A drive that hangs must not keep control from ending. */
const STOP_TIMEOUT_MS = 2 * SECOND_MS;

const LEDGER = 'ledger';

export interface CatchUpOptions {
  readonly catalog: Catalog;
  readonly ledgerFolder: string;
  readonly drives: () => readonly MountedDrive[];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Reads drives and ledger into the catalog: at the start, when a drive has come, and now and then. Each source on its own, so that
 * a drive that hangs keeps nobody but itself waiting.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #running = new Map<string, Promise<void>>();
  #stopping: AbortController | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#loop;
    const patience = new AbortController();
    const late = this.#options.clock.sleep(STOP_TIMEOUT_MS, patience.signal).catch(() => undefined); // all have ended
    await Promise.race([Promise.all(this.#running.values()), late]);
    patience.abort();
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** Soon, because a drive has come or gone. */
  request(): void {
    this.#begin().catch((error: unknown) => {
      this.#options.log.error({ error: messageOf(error) }, 'catalog could not catch up');
    });
  }

  /** Reads every source that is not being read already, and waits for all of them. */
  async runOnce(): Promise<void> {
    await this.#begin();
    await Promise.all(this.#running.values());
  }

  async #begin(): Promise<void> {
    const { catalog, ledgerFolder, drives, clock } = this.#options;
    const signal = this.#stopping?.signal;
    if (signal?.aborted) return;
    const mounted = drives();
    await catalog.setDrives(mounted);
    this.#read(LEDGER, () => readLedger(catalog, ledgerFolder, signal));
    for (const drive of mounted)
      this.#read(drive.driveId, () => readDrive(catalog, drive, { nowUtcMs: clock.nowUtcMs(), signal }));
  }

  #read(source: string, read: () => Promise<SourceResult>): void {
    if (this.#running.has(source)) return;
    this.#running.set(
      source,
      this.#readLogged(source, read).finally(() => this.#running.delete(source)),
    );
  }

  async #readLogged(source: string, read: () => Promise<SourceResult>): Promise<void> {
    const { clock, log } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const { entries, unreadable } = await read();
      const durationMs = Math.round(clock.monotonicMs() - startMs);
      if (entries > 0 || unreadable > 0) log.info({ source, entries, unreadable, durationMs }, 'catalog caught up');
    } catch (error) {
      if (this.#stopping?.signal.aborted) return;
      log.warn({ source, error: messageOf(error) }, 'catalog could not catch up, it is tried again');
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#begin();
        await this.#options.clock.sleep(CATCH_UP_EVERY_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.error({ error: messageOf(error) }, 'catalog could not catch up');
        await this.#options.clock.sleep(MINUTE_MS, signal).catch(() => undefined); // stopped
      }
    }
  }
}
