/** Slewing: a share of a frame's duration, which nobody sees, and more of it for a large debt; a pause is no long frame. */
const SLEW = { share: 0.1, maxMs: 50 };
const FAST_SLEW = { share: 0.2, maxMs: 200 };
const LARGE_DEBT_MS = 500;

/**
 * The straight line from RTP time to ticks: `pivotTicks + (rtpTime - pivotRtp) * ratio`. With ratio 1 the distances between frames are
 * the camera's own, to the tick. Corrections are owed first and made a little with each frame.
 */
export class RtpMap {
  readonly #ticksPerMs: number;
  #pivotRtp = 0;
  #pivotTicks = 0;
  #ratio = 1;
  #debtMs = 0;
  #movedTicks = 0;

  constructor(ticksPerMs: number) {
    this.#ticksPerMs = ticksPerMs;
  }

  /** True milliseconds for each of the camera's: not 1 where the frame rate is wrong. */
  get ratio(): number {
    return this.#ratio;
  }

  /** Corrections that are decided and not made yet. */
  get debtMs(): number {
    return this.#debtMs;
  }

  /** All corrections that were made. */
  get movedMs(): number {
    return this.#movedTicks / this.#ticksPerMs;
  }

  ticksOf(rtpTime: number): number {
    return this.#pivotTicks + Math.round((rtpTime - this.#pivotRtp) * this.#ratio);
  }

  /** The line goes through this point from now on. */
  pivotAt(rtpTime: number, ticks: number): void {
    this.#pivotRtp = rtpTime;
    this.#pivotTicks = ticks;
  }

  moveBy(ticks: number): void {
    this.#pivotTicks += ticks;
    this.#movedTicks += ticks;
  }

  /** `rtpTime` is where the line turns. */
  turn(ratio: number, rtpTime: number, ticks: number): void {
    this.#ratio = ratio;
    this.pivotAt(rtpTime, ticks);
  }

  owe(ms: number): void {
    this.#debtMs += ms;
  }

  oweOnly(ms: number): void {
    this.#debtMs = ms;
  }

  /** What of the debt is paid with a frame of this duration, in ticks. */
  pay(frameMs: number): number {
    if (this.#debtMs === 0) return 0;
    const { share, maxMs } = Math.abs(this.#debtMs) > LARGE_DEBT_MS ? FAST_SLEW : SLEW;
    const mostMs = Math.min(maxMs, frameMs * share);
    const ticks = Math.round(Math.max(-mostMs, Math.min(mostMs, this.#debtMs)) * this.#ticksPerMs);
    this.#debtMs -= ticks / this.#ticksPerMs;
    if (Math.abs(this.#debtMs) * this.#ticksPerMs < 1) this.#debtMs = 0;
    return ticks;
  }
}
