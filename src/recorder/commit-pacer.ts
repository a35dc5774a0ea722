/** What is written needs this long at least between two syncs: a faster cadence wears the drive and gains nothing. */
const MIN_COMMIT_MS = 500;
/** For the way from the last packet to the write, and a timer that is late. */
const SLACK_MS = 200;
const KEPT_FLUSHES = 100;

/**
 * How often a drive is synced: promised loss − fragment − 99th percentile of its own flushes, never under half a second. A drive that
 * slows is synced earlier, not later.
 */
export class CommitPacer {
  readonly #promisedLossMs: number;
  readonly #fragmentMs: number;
  #flushesMs: number[] = [];

  constructor(options: { promisedLossMs: number; fragmentMs: number }) {
    this.#promisedLossMs = options.promisedLossMs;
    this.#fragmentMs = options.fragmentMs;
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
    return Math.max(MIN_COMMIT_MS, this.#promisedLossMs - this.#fragmentMs - this.flushP99Ms - SLACK_MS);
  }
}
