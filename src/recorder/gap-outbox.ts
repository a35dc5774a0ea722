import type { GapEntry } from '../archive/entries.ts';

/**
 * Holds gap rows until the next write of the ledger, which is a fraction of a second away: what opens and closes in between with no length (a
 * drive was full for a moment, and the memory had everything) was no gap, and is written nowhere.
 */
export class GapOutbox {
  readonly #isOpenInLedger: (id: string) => boolean;
  #rows: GapEntry[] = [];

  /** `isOpenInLedger`: it has to be closed there, whatever its length. */
  constructor(isOpenInLedger: (id: string) => boolean) {
    this.#isOpenInLedger = isOpenInLedger;
  }

  push(entry: GapEntry): void {
    const isNone = entry.toUtcMs !== null && entry.toUtcMs <= entry.fromUtcMs && !this.#isOpenInLedger(entry.id);
    if (isNone) this.#rows = this.#rows.filter(({ id }) => id !== entry.id);
    else this.#rows.push(entry);
  }

  take(): readonly GapEntry[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }
}
