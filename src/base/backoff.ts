export interface BackoffOptions {
  firstMs: number;
  maxMs: number;
  /** Share of the delay that is random (0 to 1), so that 64 cameras that went away together do not come back together. */
  jitter: number;
  random?: () => number;
}

/** Delays that double from `firstMs` up to `maxMs`. Pure but for the random source. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  nextMs(): number {
    const { firstMs, maxMs, jitter, random = Math.random } = this.#options;
    const plainMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return plainMs * (1 - jitter * random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
