/** Enough for a mean that a single key frame on demand does not move, few enough that a new setting shows soon. */
const KEPT = 8;

/** How far key frames lie apart, by arrival. Fixed memory. */
export class KeyIntervals {
  readonly #intervals = new Float64Array(KEPT);
  #count = 0;
  #lastKeyMs: number | undefined;
  #longestMs = 0;

  note(arrivalMs: number): void {
    if (this.#lastKeyMs !== undefined) {
      const intervalMs = arrivalMs - this.#lastKeyMs;
      this.#intervals[this.#count++ % KEPT] = intervalMs;
      if (intervalMs > this.#longestMs) this.#longestMs = intervalMs;
    }
    this.#lastKeyMs = arrivalMs;
  }

  /** Of the newest ones; undefined until two key frames came. */
  get meanMs(): number | undefined {
    const length = Math.min(this.#count, KEPT);
    if (length === 0) return undefined;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += this.#intervals[i]!;
    return sum / length;
  }

  /** The one that is under way counts, too: a camera that has stopped sending key frames is not to look like one that sends them. */
  longestMs(nowMs: number): number | undefined {
    if (this.#count === 0 || this.#lastKeyMs === undefined) return undefined;
    return Math.max(this.#longestMs, nowMs - this.#lastKeyMs);
  }
}
