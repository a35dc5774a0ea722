import type { Clock } from '../../src/base/clock.ts';
import type { ActiveFaults } from './active-faults.ts';

export interface CameraClockOptions {
  /** How much faster its quartz runs than ours, in millionths. */
  readonly driftPpm: number;
  /** What its time of day is ahead of ours at the start. */
  readonly clockOffsetSeconds: number;
}

/**
 * The clocks of a camera. One quartz paces the pictures and counts RTP time; the time of day, which goes into sender reports, runs on
 * the same quartz from wherever it was set, and steps when somebody (or an SNTP client) sets it.
 */
export class CameraClock {
  readonly #clock: Clock;
  readonly #options: CameraClockOptions;
  readonly #faults: ActiveFaults;
  readonly #startedAtMs: number;
  readonly #startedUtcMs: number;

  constructor(clock: Clock, options: CameraClockOptions, faults: ActiveFaults) {
    this.#clock = clock;
    this.#options = options;
    this.#faults = faults;
    this.#startedAtMs = clock.monotonicMs();
    this.#startedUtcMs = clock.nowUtcMs();
  }

  /** Since the start, by the quartz. */
  elapsedMs(): number {
    return (this.#clock.monotonicMs() - this.#startedAtMs) * (1 + this.#options.driftPpm / 1e6);
  }

  nowUtcMs(): number {
    const stepSeconds = this.#faults.get('step-clock')?.seconds ?? 0;
    return this.#startedUtcMs + this.elapsedMs() + (this.#options.clockOffsetSeconds + stepSeconds) * 1000;
  }
}
