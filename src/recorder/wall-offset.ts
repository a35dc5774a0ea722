import type { Clock } from '../base/clock.ts';

/** NTP slews below this; more at once is a step, which closes the segments. */
const STEP_MS = 500;
/** Smaller differences are taken over this slowly, so that wall times of frames stay smooth. */
const SLEW_MS_PER_CHECK = 5;

/** The difference between wall time and monotonic time, as used for stamping; call `check` once a second. */
export class WallOffset {
  readonly #clock: Clock;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.nowUtcMs() - clock.monotonicMs();
  }

  get ms(): number {
    return this.#offsetMs;
  }

  /** The size of a step of the wall clock since the last call, or 0. */
  check(): number {
    const differenceMs = this.#clock.nowUtcMs() - this.#clock.monotonicMs() - this.#offsetMs;
    if (Math.abs(differenceMs) >= STEP_MS) {
      this.#offsetMs += differenceMs;
      return differenceMs;
    }
    this.#offsetMs += Math.max(-SLEW_MS_PER_CHECK, Math.min(SLEW_MS_PER_CHECK, differenceMs));
    return 0;
  }
}
