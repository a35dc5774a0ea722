import { MINUTE_MS } from '../../base/units.ts';
import { PointRing } from './point-ring.ts';

/** An hour: jitter of 10 ms makes 3 ppm at most, and a clock that follows the day's temperature is still followed. */
const KEPT_MINUTES = 60;

/** How much faster a camera's media clock runs than ours, over the last hour. Fixed memory. */
export class DriftMeter {
  readonly #minutes = new PointRing(KEPT_MINUTES);
  #startMs: number | undefined;
  #bestAtMs = 0;
  #bestLagMs = Number.POSITIVE_INFINITY;

  /** `lagMs`: arrival minus the camera's own time, from any origin, of a frame that was delayed little. */
  note(atMs: number, lagMs: number): void {
    this.#startMs ??= atMs;
    if (atMs - this.#startMs >= MINUTE_MS) {
      this.#minutes.push(this.#bestAtMs, this.#bestLagMs);
      this.#startMs = atMs;
      this.#bestLagMs = Number.POSITIVE_INFINITY;
    }
    if (lagMs < this.#bestLagMs) {
      this.#bestLagMs = lagMs;
      this.#bestAtMs = atMs;
    }
  }

  clear(): void {
    this.#minutes.clear();
    this.#startMs = undefined;
    this.#bestLagMs = Number.POSITIVE_INFINITY;
  }

  /** Undefined until two minutes can be compared. */
  get ppm(): number | undefined {
    const { count } = this.#minutes;
    return count < 2 ? undefined : -this.#minutes.line(count).slope * 1e6;
  }
}
