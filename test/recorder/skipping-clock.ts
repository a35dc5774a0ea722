import { type Clock, systemClock } from '../../src/base/clock.ts';

/** Longer than any time that is waited for a camera's answer. */
const LONG_MS = 10_000;

/** Time passes as usual, but long pauses wait until `skip` is called: for the minutes between attempts, beside real sockets. */
export class SkippingClock implements Clock {
  #skippedMs = 0;
  /** All pauses that were begun. */
  readonly pausesMs: number[] = [];
  #pauses: { readonly atMs: number; readonly end: () => void }[] = [];

  nowUtcMs(): number {
    return systemClock.nowUtcMs() + this.#skippedMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#skippedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < LONG_MS || signal?.aborted) return systemClock.sleep(ms, signal);
    this.pausesMs.push(ms);
    return new Promise((resolve, reject) => {
      const pause = { atMs: this.monotonicMs() + ms, end: resolve };
      this.#pauses.push(pause);
      signal?.addEventListener('abort', () => {
        this.#pauses = this.#pauses.filter((other) => other !== pause);
        reject(signal.reason);
      });
    });
  }

  skip(ms: number): void {
    this.#skippedMs += ms;
    const over = this.#pauses.filter(({ atMs }) => atMs <= this.monotonicMs());
    this.#pauses = this.#pauses.filter((pause) => !over.includes(pause));
    for (const { end } of over) end();
  }
}
