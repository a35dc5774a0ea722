/** Both standards let at most 16 pictures wait for output. */
const MAX_REORDER_DEPTH = 16;

/** A picture that goes back further than this is not reordered: the camera's clock jumped. 10 s at 90 kHz. */
const MAX_REORDER_TICKS = 900_000;

/** Assumed for the first pictures only, whose duration nobody knows yet: 25 per second at 90 kHz. */
const DEFAULT_FRAME_TICKS = 3600;

/**
 * Decoding times for pictures that arrive in decoding order with presentation times. With reordering depth N, at least one of any N+1
 * pictures in a row is the next to be shown, so the i-th decoding time is the smallest presentation time not yet used up among the
 * first i+1 pictures, N pictures back; the first N get times before the first presentation time.
 *
 *   N = 1, presentation  0 3 1 2 …   decoding  -1 0 1 2 …      composition offset  1 3 0 0
 *
 * Where a camera reorders more than it said, the decoding time becomes the one before plus one (the offset may then be negative)
 * and `observedDepth` tells what the next segment should be begun with.
 */
export class DecodeTimeline {
  readonly #depth: number;
  readonly #frameTicks: number;
  /** Ascending, at most `#depth + 1`: cheaper than a heap at this size. */
  readonly #waiting: number[] = [];
  readonly #recent: number[] = [];
  #first = 0;
  #count = 0;
  #last = Number.NEGATIVE_INFINITY;
  #observedDepth = 0;

  constructor(reorderDepth: number, frameTicks: number = DEFAULT_FRAME_TICKS) {
    this.#depth = Math.min(reorderDepth, MAX_REORDER_DEPTH);
    this.#frameTicks = frameTicks;
  }

  /** Largest number of pictures seen that came before one that is shown before them. */
  get observedDepth(): number {
    return this.#observedDepth;
  }

  /** The picture's decoding time: strictly increasing; equal to `rtpTime` when nothing is reordered and the depth is 0. */
  push(rtpTime: number): number {
    this.#observe(rtpTime);
    const wanted = this.#depth === 0 ? rtpTime : this.#nextOf(rtpTime);
    this.#last = Math.max(wanted, this.#last + 1);
    return this.#last;
  }

  #nextOf(rtpTime: number): number {
    const waiting = this.#waiting;
    let at = waiting.length;
    while (at > 0 && waiting[at - 1]! > rtpTime) at--;
    waiting.splice(at, 0, rtpTime);
    if (this.#count === 0) this.#first = rtpTime;
    if (this.#count < this.#depth) return this.#first - (this.#depth - this.#count++) * this.#frameTicks;
    return waiting.shift()!;
  }

  #observe(rtpTime: number): void {
    const recent = this.#recent;
    let later = 0;
    for (const time of recent) if (time > rtpTime && time - rtpTime <= MAX_REORDER_TICKS) later++;
    if (later > this.#observedDepth) this.#observedDepth = later;
    recent.push(rtpTime);
    if (recent.length > MAX_REORDER_DEPTH) recent.shift();
  }
}
