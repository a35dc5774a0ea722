/** What is written needs this long at least between two syncs: a faster cadence wears the drive and gains nothing. */
const MIN_COMMIT_MS = 500;
/** For the way from the last packet to the write, and a timer that is late. */
const SLACK_MS = 200;
const KEPT_FLUSHES = 100;

/** What a power cut may cost at most, and how much of it passes before a fragment is written. */
export interface LossPromise {
  readonly promisedLossMs: number;
  readonly fragmentMs: number;
}

/**
 * How often a drive is synced: promised loss − fragment − 99th percentile of its own flushes, never under half a second. A drive that
 * slows is synced earlier, not later.
 */
export class CommitPacer {
  readonly #promise: () => LossPromise;
  #flushesMs: number[] = [];

  constructor(promise: () => LossPromise) {
    this.#promise = promise;
  }

  note(flushMs: number): void {
    this.#flushesMs.push(flushMs);
    if (this.#flushesMs.length > KEPT_FLUSHES) this.#flushesMs.shift();
  }

  get flushP99Ms(): number {
    if (this.#flushesMs.length === 0) return 0;
    const sorted = [...this.#flushesMs].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))]!;
  }

  get commitEveryMs(): number {
    const { promisedLossMs, fragmentMs } = this.#promise();
    return Math.max(MIN_COMMIT_MS, promisedLossMs - fragmentMs - this.flushP99Ms - SLACK_MS);
  }
}
