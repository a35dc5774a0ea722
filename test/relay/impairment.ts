import { seededRandom } from '../seeded.ts';

/** What a bad network does to datagrams. */
export interface ImpairmentOptions {
  /** 0 to 1. */
  readonly lossShare: number;
  /** Of those that are not lost. */
  readonly reorderShare: number;
  /** Up to so much delay; packets keep their order by it, as in a queue. */
  readonly jitterMs: number;
  readonly seed: number;
}

export interface Fate {
  readonly isDropped: boolean;
  /** When it goes on. */
  readonly dueMs: number;
}

/** What comes out of order is overtaken by what comes in this time: the rest of its burst, and often the next one's beginning. */
const OVERTAKEN_MS = 30;

/** Decides on one packet after the other; the same for the same seed and times. */
export class Impairment {
  readonly #options: ImpairmentOptions;
  readonly #random: () => number;
  #lastDueMs = 0;

  constructor(options: ImpairmentOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  decide(nowMs: number): Fate {
    const { lossShare, reorderShare, jitterMs } = this.#options;
    // One draw each in any case, so that the fate of one packet does not shift those of all that follow.
    const [loss, reorder, jitter, overtaken] = [this.#random(), this.#random(), this.#random(), this.#random()];
    const inOrderMs = Math.max(this.#lastDueMs, nowMs + jitter * jitterMs);
    if (loss < lossShare) return { isDropped: true, dueMs: inOrderMs };
    if (reorder < reorderShare) return { isDropped: false, dueMs: inOrderMs + 1 + overtaken * OVERTAKEN_MS };
    this.#lastDueMs = inOrderMs;
    return { isDropped: false, dueMs: inOrderMs };
  }
}
