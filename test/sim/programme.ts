import { dueTicksOf, firstNumberFrom, loopStart, unitOf } from './rtp/loop.ts';
import type { PreparedClip, PreparedFrame } from './rtp/prepared-clip.ts';

/**
 * What a stream shows from one frame number on: a clip that loops, from its first frame. Frame numbers and ticks go on from the
 * programme before. Ticks are those of 90 kHz since the camera's start.
 */
export class Programme {
  readonly clip: PreparedClip;
  readonly #firstNumber: number;
  readonly #firstTicks: number;

  constructor(clip: PreparedClip, firstNumber: number, firstTicks: number) {
    this.clip = clip;
    this.#firstNumber = firstNumber;
    this.#firstTicks = firstTicks;
  }

  frame(number: number): PreparedFrame {
    return unitOf(this.clip.video, number - this.#firstNumber);
  }

  dueTicks(number: number): number {
    return this.#firstTicks + dueTicksOf(this.clip.video, number - this.#firstNumber);
  }

  /** Of presentation. */
  shownTicks(number: number): number {
    return this.#firstTicks + loopStart(this.clip.video, number - this.#firstNumber) + this.frame(number).timestamp;
  }

  /** The first frame that is due at or after a time. */
  numberFrom(ticks: number): number {
    return this.#firstNumber + firstNumberFrom(this.clip.video, Math.max(0, ticks - this.#firstTicks));
  }

  /** The first key frame from a number on; that number when the clip has none. */
  keyFrameFrom(number: number): number {
    const { units } = this.clip.video;
    for (let next = number; next < number + units.length; next++) if (this.frame(next).isKey) return next;
    return number;
  }

  /** Another may begin with this number: no frame of this one that is still to come would be shown before it. */
  canEndBefore(number: number): boolean {
    return !this.clip.video.hasReordering || this.frame(number).isKey;
  }

  /** Begins with this number, in the place of this programme's frame. */
  followedBy(clip: PreparedClip, number: number): Programme {
    return new Programme(clip, number, this.dueTicks(number));
  }
}
