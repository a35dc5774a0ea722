import type { Clock } from '../../base/clock.ts';

/** NTP slews below this; more at once is a step, which closes the segments. */
const STEP_MS = 500;
/** Smaller differences are taken over this slowly, so that wall times of frames stay smooth. */
const SLEW_MS_PER_CHECK = 5;

/** The difference between wall time and monotonic time, as used for stamping; call `check` once a second. */
export class WallOffset {
  readonly #clock: Clock;
  #slewedMs: number;
  #steppedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#slewedMs = clock.nowUtcMs() - clock.monotonicMs();
  }

  /** What is added to monotonic time to get wall time: what was slewed and what was stepped together. */
  get ms(): number {
    return this.#slewedMs + this.#steppedMs;
  }

  /** Without the steps: changes by little at a time. */
  get slewedMs(): number {
    return this.#slewedMs;
  }

  /** All steps since the start. */
  get steppedMs(): number {
    return this.#steppedMs;
  }

  /** The size of a step of the wall clock since the last call, or 0. */
  check(): number {
    const differenceMs = this.#clock.nowUtcMs() - this.#clock.monotonicMs() - this.ms;
    if (Math.abs(differenceMs) >= STEP_MS) {
      this.#steppedMs += differenceMs;
      return differenceMs;
    }
    this.#slewedMs += Math.max(-SLEW_MS_PER_CHECK, Math.min(SLEW_MS_PER_CHECK, differenceMs));
    return 0;
  }
}
