/** A step of more than this between two units is a break in the camera's clock, not a slow picture: time goes on by the wall. */
const MAX_STEP_S = 10;

/**
 * Puts the units of one track on the time that starts with 0: by the camera's ticks as long as they run on, by the wall time at
 * the start and after a break. How long a unit lasts is known only when the next has come, so it is taken to last as the one before.
 */
export class LiveClock {
  readonly #clockRate: number;
  readonly #notBeforeTicks: number;
  #durationTicks: number;
  #last: { ticks: number; atTicks: number } | undefined;

  constructor(clockRate: number, firstDurationTicks: number, notBeforeMs: number) {
    this.#clockRate = clockRate;
    this.#durationTicks = firstDurationTicks;
    this.#notBeforeTicks = Math.ceil((notBeforeMs * clockRate) / 1000);
  }

  get endMs(): number {
    if (this.#last === undefined) return (this.#notBeforeTicks * 1000) / this.#clockRate;
    return ((this.#last.atTicks + this.#durationTicks) * 1000) / this.#clockRate;
  }

  place(ticks: number, wallMs: number): { atTicks: number; durationTicks: number } {
    const step = this.#last && ticks - this.#last.ticks;
    const isRunningOn = step !== undefined && step > 0 && step < MAX_STEP_S * this.#clockRate;
    let atTicks: number;
    if (this.#last !== undefined && isRunningOn) {
      atTicks = this.#last.atTicks + step;
      this.#durationTicks = step;
    } else {
      const notBefore = this.#last ? this.#last.atTicks + this.#durationTicks : this.#notBeforeTicks;
      atTicks = Math.max(notBefore, Math.round((wallMs * this.#clockRate) / 1000));
    }
    this.#last = { ticks, atTicks };
    return { atTicks, durationTicks: this.#durationTicks };
  }
}
