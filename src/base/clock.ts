/** All time comes through here, so that tests can simulate a year and a stepped clock. */
export interface Clock {
  /** Wall time, milliseconds since 1970 UTC. May step. */
  nowUtcMs(): number;
  /** Milliseconds since an arbitrary start. Never steps; the only base for durations. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowUtcMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** A clock that stands still until `advance` is called. `stepWall` moves the wall time alone, as NTP or a technician would. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #sleepers: { atMs: number; resolve: () => void }[] = [];

  constructor(startUtcMs: number) {
    this.#wallMs = startUtcMs;
  }

  nowUtcMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper = { atMs: this.#monotonicMs + ms, resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  /** Moves both times on and wakes who slept until then, in order. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    for (;;) {
      const next = this.#sleepers.filter((s) => s.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#sleepers = this.#sleepers.filter((s) => s !== next);
      this.#wallMs += next.atMs - this.#monotonicMs;
      this.#monotonicMs = next.atMs;
      next.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#wallMs += endMs - this.#monotonicMs;
    this.#monotonicMs = endMs;
  }

  stepWall(ms: number): void {
    this.#wallMs += ms;
  }
}
