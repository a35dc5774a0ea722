import type { Hole } from './timed-unit.ts';

/**
 * So many changes in a minute take effect at once. Day and night are one each, a reconfiguration by hand two or three (size, codec,
 * quality), and a camera that is set up is set a few times over.
 */
const FREE_CHANGES = 6;
const WINDOW_MS = 60_000;
/**
 * From then on one change takes effect in this time: a file of 10 s is still of use, and 8,640 of them a day use up neither a drive's
 * inodes nor its room for what other cameras showed.
 */
const BRAKED_EVERY_MS = 10_000;
/** For the words alone: cameras whose every picture changes make thousands in a minute. */
const MAX_COUNTED = 100;

/**
 * Each change of format begins a file. This keeps a camera that changes it with every picture, broken or hostile, from making files without
 * end: a change that comes too soon does not take effect, and pictures in the new format are left out until one may. Asked at key frames
 * only. Times are monotonic.
 */
export class FormatBrake {
  /** When changes took effect, the last ones. */
  readonly #effectiveMs: number[] = [];
  /** When changes came, the last ones. */
  readonly #seenMs: number[] = [];
  #leftOut = 0;
  #leftOutNow = 0;
  #sinceMs = 0;

  /** Pictures that came whole and were left out, ever. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** For how long none but such pictures have come; 0 while others do. */
  leftOutMs(nowMs: number): number {
    return this.#leftOutNow === 0 ? 0 : nowMs - this.#sinceMs;
  }

  /** The camera has changed the format, whether that takes effect or not. */
  noteChange(nowMs: number): void {
    remember(this.#seenMs, nowMs, MAX_COUNTED);
  }

  /** Whether a change may take effect now; counts it then. */
  lets(nowMs: number): boolean {
    const isFree = countSince(this.#effectiveMs, nowMs - WINDOW_MS) < FREE_CHANGES;
    if (!isFree && nowMs - this.#effectiveMs.at(-1)! < BRAKED_EVERY_MS) return false;
    remember(this.#effectiveMs, nowMs, FREE_CHANGES);
    return true;
  }

  /** A picture is left out. */
  leaveOut(nowMs: number): void {
    if (this.#leftOutNow === 0) this.#sinceMs = nowMs;
    this.#leftOut++;
    this.#leftOutNow++;
  }

  /** A picture is recorded: why others may be missing in front of it. */
  takeHole(nowMs: number): Hole | undefined {
    if (this.#leftOutNow === 0) return undefined;
    const pictures = this.#leftOutNow;
    this.#leftOutNow = 0;
    const changes = countSince(this.#seenMs, nowMs - WINDOW_MS);
    const times = changes < MAX_COUNTED ? `${changes} times` : `${MAX_COUNTED} times or more`;
    return {
      cause: 'stream-error',
      detail: `the camera changed its picture format ${times} in the last minute; ${pictures} pictures in another format than the recording's were left out`,
    };
  }

  /** The session is over. What took effect still counts: a new session is no way round the brake. */
  endSession(): void {
    this.#leftOutNow = 0;
  }
}

function remember(timesMs: number[], nowMs: number, most: number): void {
  timesMs.push(nowMs);
  if (timesMs.length > most) timesMs.shift();
}

function countSince(timesMs: readonly number[], sinceMs: number): number {
  return timesMs.reduce((count, atMs) => (atMs > sinceMs ? count + 1 : count), 0);
}
