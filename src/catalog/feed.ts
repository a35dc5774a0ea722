import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Fact } from '../link/messages.ts';
import type { SourcedEntry } from './apply.ts';
import type { Catalog } from './catalog.ts';

/** Facts of this long go into the catalog together: 64 channels that close at once are one transaction. */
const FLUSH_EVERY_MS = 200;

/** An hour of 64 channels; beyond it facts are left to the journals. */
const MAX_WAITING = 2000;

/** Puts facts of the link into the catalog. What is lost here is found by the next catch-up. */
export class CatalogFeed {
  readonly #options: { catalog: Pick<Catalog, 'apply'>; clock: Clock; log: Log };
  #waiting: SourcedEntry[] = [];
  #dropped = 0;
  #stopping: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(options: { catalog: Pick<Catalog, 'apply'>; clock: Clock; log: Log }) {
    this.#options = options;
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#running;
    await this.runOnce();
  }

  onFact(fact: Fact): void {
    switch (fact.kind) {
      case 'segment-opened':
      case 'segment-closed':
      case 'segment-deleted':
        this.#push({ driveId: fact.driveId, entry: fact.entry });
        break;
      case 'gap':
        this.#push({ driveId: undefined, entry: fact.entry });
        break;
      default: // states and rates: not the catalog's
    }
  }

  async runOnce(): Promise<void> {
    const { catalog, log } = this.#options;
    if (this.#dropped > 0) log.warn({ facts: this.#dropped }, 'facts left to the next catch-up');
    this.#dropped = 0;
    if (this.#waiting.length === 0) return;
    const entries = this.#waiting;
    this.#waiting = [];
    try {
      await catalog.apply(entries);
    } catch (error) {
      log.error({ facts: entries.length, error: messageOf(error) }, 'facts not written to the catalog');
    }
  }

  #push(entry: SourcedEntry): void {
    if (this.#waiting.length >= MAX_WAITING) this.#dropped++;
    else this.#waiting.push(entry);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.runOnce();
      try {
        await this.#options.clock.sleep(FLUSH_EVERY_MS, signal);
      } catch {
        return; // stopped
      }
    }
  }
}
