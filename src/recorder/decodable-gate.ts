import type { AccessUnit } from '../media/access-unit.ts';
import type { Hole } from './time/timed-unit.ts';

/**
 * Lets pass what can be decoded. After a loss, pictures up to the next key frame refer to what is not there: they would show smears, or
 * nothing, and a search for movement would find it everywhere. So the recording goes on with the next key frame, and what is left
 * out is counted and explained.
 */
export class DecodableGate {
  #isSkipping = false;
  #skipped = 0;
  #skippedNow = 0;
  #sinceMs = 0;
  #hole: Hole | undefined;

  /** Pictures that came whole and were left out, over all sessions. */
  get undecodable(): number {
    return this.#skipped;
  }

  /** For how long pictures have come of which none can be decoded; 0 while they can. */
  undecodableMs(nowMs: number): number {
    return this.#isSkipping ? nowMs - this.#sinceMs : 0;
  }

  /** `unit` is a picture. */
  lets(unit: AccessUnit): boolean {
    if (unit.isKey) this.#end(unit.arrivalMonotonicMs);
    else if (unit.isAfterLoss && !this.#isSkipping) this.#begin(unit.arrivalMonotonicMs);
    if (!this.#isSkipping) return true;
    this.#skipped++;
    this.#skippedNow++;
    return false;
  }

  /** Why pictures may be missing in front of the one that was let through last; once. */
  takeHole(): Hole | undefined {
    const hole = this.#hole;
    this.#hole = undefined;
    return hole;
  }

  /** The session is over. */
  reset(): void {
    this.#isSkipping = false;
    this.#hole = undefined;
  }

  #begin(nowMs: number): void {
    this.#isSkipping = true;
    this.#skippedNow = 0;
    this.#sinceMs = nowMs;
  }

  #end(nowMs: number): void {
    if (!this.#isSkipping) return;
    this.#isSkipping = false;
    const seconds = ((nowMs - this.#sinceMs) / 1000).toFixed(1);
    this.#hole = {
      cause: 'stream-error',
      detail: `packets were lost; ${this.#skippedNow} pictures that came after it could not be decoded, the next key frame came ${seconds} s later`,
    };
  }
}
