import { SECOND_MS } from '../../base/units.ts';

/** More than so many, each forgotten after a while: the timestamps mean nothing. */
const MAX_RECENT = 5;
const FORGET_MS = 10 * SECOND_MS;

/** Jumps of a camera's media clock. */
export class JumpCounter {
  #count = 0;
  #recent = 0;
  #lastAtMs = 0;
  #lastMs = 0;

  get count(): number {
    return this.#count;
  }

  /** Size of the last one: above 0 it went forward. */
  get lastMs(): number {
    return this.#lastMs;
  }

  get areTooMany(): boolean {
    return this.#recent > MAX_RECENT;
  }

  note(jumpMs: number, atMs: number): void {
    this.#recent = Math.max(0, this.#recent - Math.floor((atMs - this.#lastAtMs) / FORGET_MS)) + 1;
    this.#count++;
    this.#lastMs = jumpMs;
    this.#lastAtMs = atMs;
  }

  forgetRecent(): void {
    this.#recent = 0;
  }
}
