/** How unevenly packets arrive, in ticks of the media clock (RFC 3550 §6.4.1 and appendix A.8). */
export class JitterMeter {
  readonly #ticksPerMs: number;
  #transit = Number.NaN;
  #jitter = 0;

  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1000;
  }

  push(timestamp: number, arrivalMonotonicMs: number): void {
    const transit = arrivalMonotonicMs * this.#ticksPerMs - timestamp;
    // `| 0` takes a wrap of the timestamps out of the difference.
    const difference = Math.abs((transit - this.#transit) | 0);
    this.#transit = transit;
    this.#jitter += (difference - this.#jitter) / 16;
  }

  get ticks(): number {
    return Math.floor(this.#jitter);
  }
}
