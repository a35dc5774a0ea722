/**
 * Maps one track's RTP time to time without jumps, and to the appliance's own time.
 *
 * A camera's clock may jump by years (SNTP), wrap or start anew; a jump is replaced by the time that really passed, so that the file's
 * time goes on. Arrival is late by a varying delay and never early: the mapping follows the *least* delay seen, quickly downwards (a
 * camera that begins with a burst of buffered frames) and slowly upwards (a clock that drifts).
 */
export interface TrackStamp {
  readonly ticks: number;
  /** On the scale of `Clock.monotonicMs()`. */
  readonly monotonicMs: number;
  readonly isJump: boolean;
}

/** Media time may run away from arrival by this much before it counts as a jump of the camera's clock. */
const MAX_FORWARD_MS = 10_000;
/** B-frames go back by a few frames; more than this is a jump. */
const MAX_BACKWARD_MS = 2_000;
const FOLLOW_DOWN = 1 / 8;
/** At 25 fps and 100 ppm of drift the mapping stays within 2 ms. */
const FOLLOW_UP = 1 / 512;

export class TrackClock {
  readonly #ticksPerMs: number;
  #shift = 0;
  #lastTicks: number | undefined;
  #lastArrivalMs = 0;
  /** Monotonic time of tick 0. */
  #originMs = 0;

  constructor(options: { clockRate: number }) {
    this.#ticksPerMs = options.clockRate / 1000;
  }

  stamp(rtpTime: number, arrivalMs: number): TrackStamp {
    let ticks = rtpTime + this.#shift;
    let isJump = false;
    if (this.#lastTicks !== undefined) {
      const passedMs = arrivalMs - this.#lastArrivalMs;
      const mediaMs = (ticks - this.#lastTicks) / this.#ticksPerMs;
      if (mediaMs - passedMs > MAX_FORWARD_MS || mediaMs < -MAX_BACKWARD_MS) {
        isJump = true;
        const wanted = this.#lastTicks + Math.max(1, Math.round(passedMs * this.#ticksPerMs));
        this.#shift += wanted - ticks;
        ticks = wanted;
      }
    }
    this.#follow(ticks, arrivalMs);
    if (this.#lastTicks === undefined || ticks > this.#lastTicks) this.#lastTicks = ticks;
    this.#lastArrivalMs = arrivalMs;
    return { ticks, monotonicMs: this.#originMs + ticks / this.#ticksPerMs, isJump };
  }

  #follow(ticks: number, arrivalMs: number): void {
    const originMs = arrivalMs - ticks / this.#ticksPerMs;
    if (this.#lastTicks === undefined) this.#originMs = originMs;
    else this.#originMs += (originMs - this.#originMs) * (originMs < this.#originMs ? FOLLOW_DOWN : FOLLOW_UP);
  }
}
