import { mbps } from '../base/units.ts';
import { SecondRing } from './report/second-ring.ts';

/** Bytes per second of one channel, over the last full second and the last 60. Fixed memory, nothing allocated per frame. */
export class RateMeter {
  readonly #bytes = new SecondRing();

  /** `nowMs` is monotonic. */
  add(bytes: number, nowMs: number): void {
    this.#bytes.add(nowMs, bytes);
  }

  read(nowMs: number): { mbps1s: number; mbps60s: number } {
    const { sum, seconds, last } = this.#bytes.read(nowMs);
    return { mbps1s: mbps(last, 1000), mbps60s: mbps(sum, Math.max(1, seconds) * 1000) };
  }
}
