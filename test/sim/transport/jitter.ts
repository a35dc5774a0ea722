import type { TrackOutlet } from './outlet.ts';

/**
 * Holds packets back, each for a time of its own. Datagrams overtake each other by that, as on a network with several ways; what is
 * interleaved stays in order, as TCP keeps it.
 */
export class Jitter {
  /** Interleaved pieces that wait, oldest first. */
  readonly #queue: { outlet: TrackOutlet; piece: Buffer }[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #lastDueMs = 0;

  /** `drawDelayMs` is asked for each piece; undefined when nothing is to be delayed any more. */
  send(outlet: TrackOutlet, pieces: readonly Buffer[], drawDelayMs: (() => number) | undefined): void {
    if (drawDelayMs === undefined && this.#queue.length === 0) {
      outlet.send(pieces);
      return;
    }
    for (const piece of pieces) this.#sendLate(outlet, piece, drawDelayMs?.() ?? 0);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue.length = 0;
  }

  #sendLate(outlet: TrackOutlet, piece: Buffer, delayMs: number): void {
    if (!outlet.keepsOrder) {
      this.#after(delayMs, () => outlet.send([piece]));
      return;
    }
    const nowMs = performance.now();
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + delayMs);
    this.#queue.push({ outlet, piece });
    // Timers of nearly the same time may ring in another order: whichever rings sends what is first in the queue.
    this.#after(this.#lastDueMs - nowMs, () => {
      const next = this.#queue.shift();
      next?.outlet.send([next.piece]);
    });
  }

  #after(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
  }
}
