/** A minute, so that a figure follows what somebody has just set on the camera. */
export const RING_SECONDS = 60;

/** Sums of something for each of the last 60 full seconds. Fixed memory; nothing is allocated for an addition. */
export class SecondRing {
  readonly #sums = new Float64Array(RING_SECONDS + 1);
  #second = -1;
  #firstSecond = -1;
  #largest = 0;

  /** The most that a full second has held so far. */
  get largest(): number {
    return this.#largest;
  }

  add(atMs: number, value: number): void {
    this.#turnTo(Math.floor(atMs / 1000));
    this.#sums[this.#second % this.#sums.length]! += value;
  }

  /** Of the full seconds that are held: their sum, how many they are, and the last one. The one that is under way does not count. */
  read(nowMs: number): { sum: number; seconds: number; last: number } {
    if (this.#second < 0) return { sum: 0, seconds: 0, last: 0 };
    this.#turnTo(Math.floor(nowMs / 1000));
    const current = this.#second % this.#sums.length;
    let sum = 0;
    for (let i = 0; i < this.#sums.length; i++) if (i !== current) sum += this.#sums[i]!;
    const { length } = this.#sums;
    const last = this.#sums[(current + length - 1) % length]!;
    return { sum, seconds: Math.max(0, Math.min(RING_SECONDS, this.#second - this.#firstSecond - 1)), last };
  }

  /** Time that goes back is taken for the second that is under way. */
  #turnTo(second: number): void {
    if (this.#second < 0) {
      this.#second = second;
      this.#firstSecond = second;
    }
    if (second <= this.#second) return;
    const { length } = this.#sums;
    const ended = this.#second % length;
    // The first one was joined somewhere in it.
    if (this.#second === this.#firstSecond) this.#sums[ended] = 0;
    this.#largest = Math.max(this.#largest, this.#sums[ended]!);
    const steps = Math.min(second - this.#second, length);
    for (let i = 0; i < steps; i++) this.#sums[(second - i) % length] = 0;
    this.#second = second;
  }
}
