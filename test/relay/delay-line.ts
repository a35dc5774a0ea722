interface Waiting {
  readonly dueMs: number;
  readonly act: () => void;
}

/** Does things when they are due, in that order; timers of their own would ring in another order when they are close together. */
export class DelayLine {
  /** Earliest first. */
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** `dueMs` is of `performance.now()`. */
  add(dueMs: number, act: () => void): void {
    if (this.#isStopped) return;
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.dueMs > dueMs) at--;
    this.#waiting.splice(at, 0, { dueMs, act });
    if (at === 0) this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#waiting[0];
    if (next) this.#timer = setTimeout(() => this.#release(), Math.max(0, next.dueMs - performance.now()));
  }

  #release(): void {
    // A timer may ring a fraction of a millisecond early.
    const nowMs = performance.now() + 1;
    while (this.#waiting.length > 0 && this.#waiting[0]!.dueMs <= nowMs) this.#waiting.shift()!.act();
    this.#arm();
  }
}
