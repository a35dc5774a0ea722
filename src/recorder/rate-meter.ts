import { mbps } from '../base/units.ts';

const WINDOW_SECONDS = 60;

/** Bytes per second of one channel, over the last full second and the last 60. Fixed memory, nothing allocated per call. */
export class RateMeter {
  readonly #buckets = new Float64Array(WINDOW_SECONDS + 1);
  #second = -1;
  #firstSecond = -1;

  /** `nowMs` is monotonic. */
  add(bytes: number, nowMs: number): void {
    this.#turnTo(Math.floor(nowMs / 1000));
    this.#buckets[this.#second % this.#buckets.length]! += bytes;
  }

  read(nowMs: number): { mbps1s: number; mbps60s: number } {
    if (this.#second < 0) return { mbps1s: 0, mbps60s: 0 };
    this.#turnTo(Math.floor(nowMs / 1000));
    const { length } = this.#buckets;
    const current = this.#second % length;
    let sum = 0;
    for (let i = 0; i < length; i++) if (i !== current) sum += this.#buckets[i]!;
    const seconds = Math.max(1, Math.min(WINDOW_SECONDS, this.#second - this.#firstSecond));
    return { mbps1s: mbps(this.#buckets[(current + length - 1) % length]!, 1000), mbps60s: mbps(sum, seconds * 1000) };
  }

  #turnTo(second: number): void {
    if (this.#second < 0) {
      this.#second = second;
      this.#firstSecond = second;
    }
    const steps = Math.min(second - this.#second, this.#buckets.length);
    for (let i = 1; i <= steps; i++) this.#buckets[(second - steps + i) % this.#buckets.length] = 0;
    if (second > this.#second) this.#second = second;
  }
}
