import type { GapEntry, LockEntry } from '../archive/entries.ts';
import { JournalWriter } from '../archive/journal.ts';
import { readJournal } from '../archive/journal-reader.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { makeFolder } from '../base/make-folder.ts';

/** The ledger on the state partition: gaps of every channel, and locks, durable within a fraction of a second of their change. */
export class Ledger {
  readonly #journal: JournalWriter;
  readonly #folder: string;
  readonly #log: Log;
  #open = new Map<string, GapEntry>();

  constructor(options: { folder: string; clock: Clock; log: Log }) {
    this.#folder = options.folder;
    this.#log = options.log;
    this.#journal = new JournalWriter({ folder: options.folder, clock: options.clock });
  }

  /** Reads which gaps the last run left open. */
  async start(): Promise<void> {
    await makeFolder(this.#folder);
    await this.#journal.start();
    for await (const entry of readJournal(this.#folder)) {
      if (entry.kind === 'gap') this.#note(withoutPlace(entry));
    }
  }

  /** At most one a channel: the gap that lasted when the recorder ended. */
  openGaps(): GapEntry[] {
    return [...this.#open.values()];
  }

  isOpen(gapId: string): boolean {
    return this.#open.has(gapId);
  }

  append(entry: GapEntry | LockEntry): void {
    if (entry.kind === 'gap') this.#note(entry);
    this.#journal.append(entry);
  }

  /** Called a few times a second. What could not be written stays and is written with the next. */
  async flush(): Promise<void> {
    try {
      await this.#journal.flush({ sync: true });
    } catch (error) {
      this.#log.error({ error: messageOf(error) }, 'the ledger cannot be written; it is kept in memory');
    }
  }

  async stop(): Promise<void> {
    await this.flush();
    await this.#journal.stop();
  }

  #note(entry: GapEntry): void {
    if (entry.toUtcMs === null) this.#open.set(entry.id, entry);
    else this.#open.delete(entry.id);
  }
}

/** The row without its number and time of writing: written again, it gets its own. */
function withoutPlace(stored: GapEntry): GapEntry {
  const { kind, id, unit, channelId, fromUtcMs, toUtcMs, cause, detail } = stored;
  return { kind, id, unit, channelId, fromUtcMs, toUtcMs, cause, detail };
}
