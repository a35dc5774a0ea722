import { PointRing } from './point-ring.ts';

/** Long enough to hold a frame that was not delayed (25 of them at 25 per second), short enough to follow a clock. */
const WINDOW_MS = 1_000;
/** A minute: what is slower than that is followed without being understood. */
const KEPT_WINDOWS = 60;

/**
 * The frame of each second that was delayed least. A network delays and never hastens, so that these frames, and not the mean, tell how
 * a camera's clock stands to ours. Fixed memory; nothing is allocated for a frame.
 */
export class ArrivalWindows {
  /** Arrival minus the time that the frame was given. */
  readonly late = new PointRing(KEPT_WINDOWS);
  /** Arrival minus the camera's own time of the frame, from any origin. */
  readonly lag = new PointRing(KEPT_WINDOWS);
  #startMs = 0;
  #bestAtMs = 0;
  #bestLateMs = Number.POSITIVE_INFINITY;
  #bestLagMs = 0;
  #bestCorrectedMs = 0;
  #correctedMs = 0;

  /** Windows that are held. */
  get count(): number {
    return this.late.count;
  }

  /** Of the newest window: what `late` had been corrected by until then. */
  get correctedMs(): number {
    return this.#correctedMs;
  }

  /** True when a window has ended before this frame. `correctedMs`: all corrections so far that made frames later. */
  push(atMs: number, lateMs: number, lagMs: number, correctedMs: number): boolean {
    const hasBegun = this.#bestLateMs !== Number.POSITIVE_INFINITY;
    const hasEnded = hasBegun && atMs - this.#startMs >= WINDOW_MS;
    if (hasEnded) {
      this.late.push(this.#bestAtMs, this.#bestLateMs);
      this.lag.push(this.#bestAtMs, this.#bestLagMs);
      this.#correctedMs = this.#bestCorrectedMs;
    }
    if (hasEnded || !hasBegun) this.#startMs = atMs;
    if (hasEnded || lateMs < this.#bestLateMs) {
      this.#bestLateMs = lateMs;
      this.#bestLagMs = lagMs;
      this.#bestCorrectedMs = correctedMs;
      this.#bestAtMs = atMs;
    }
    return hasEnded;
  }

  clear(): void {
    this.late.clear();
    this.lag.clear();
    this.#bestLateMs = Number.POSITIVE_INFINITY;
  }
}
