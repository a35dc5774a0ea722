import type { Clock } from '../../base/clock.ts';
import { MINUTE_MS, SECOND_MS } from '../../base/units.ts';

/** Typing errors are free; then each further failure doubles the wait. */
const FREE_FAILURES = 4;
const FIRST_WAIT_MS = SECOND_MS;
const MAX_WAIT_MS = 5 * MINUTE_MS;
/** Who has been quiet for this long begins anew. */
const FORGET_MS = 30 * MINUTE_MS;
/** Addresses that are remembered; beyond it the one that failed longest ago is forgotten. */
const MAX_ADDRESSES = 1000;

/** Growing delay between attempts to guess a password or the setup code, per remote address. */
export class AttemptLimit {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; lastMs: number }>();

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  /** 0 when an attempt is allowed now. */
  waitMs(address: string): number {
    const entry = this.#failures.get(address);
    if (!entry || entry.count <= FREE_FAILURES) return 0;
    const delayMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (entry.count - FREE_FAILURES - 1));
    return Math.max(0, entry.lastMs + delayMs - this.#clock.monotonicMs());
  }

  /** Counted before the password is looked at, so that many attempts at once do not pass together. */
  begin(address: string): void {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#failures.get(address);
    const count = before && nowMs - before.lastMs < FORGET_MS ? before.count + 1 : 1;
    this.#failures.delete(address);
    if (this.#failures.size >= MAX_ADDRESSES) this.#failures.delete(this.#failures.keys().next().value!);
    this.#failures.set(address, { count, lastMs: nowMs });
  }

  succeed(address: string): void {
    this.#failures.delete(address);
  }
}
