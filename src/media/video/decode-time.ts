/** Both standards let at most 16 pictures wait for output. */
const MAX_REORDER_DEPTH = 16;

/** A picture that goes back further than this is not reordered: the camera's clock jumped. 10 s at 90 kHz. */
const MAX_REORDER_TICKS = 900_000;

/** A key frame is shown one frame after all that came before it. One that is shown so many later follows a hole. */
const HOLE_FRAMES = 3;

/** Assumed for the first pictures only, whose duration nobody knows yet: 25 per second at 90 kHz. */
const DEFAULT_FRAME_TICKS = 3600;

/**
 * Decoding times for pictures that arrive in decoding order with presentation times. With reordering depth N, at least one of any N+1
 * pictures in a row is the next to be shown, so the i-th decoding time is the smallest presentation time not yet used up among the
 * first i+1 pictures, N pictures back; the first N get times before the first presentation time.
 *
 *   N = 1, presentation  0 3 1 2 …   decoding  -1 0 1 2 …      composition offset  1 3 0 0
 *
 * Behind a hole the count begins anew with the next key frame: times from before the hole, used up behind it, would make a picture that is
 * decoded seconds before it is shown, and whatever is reckoned from its offset would be off by the hole.
 *
 * Where a camera reorders more than it said, the decoding time becomes the one before plus one (the offset may then be negative)
 * and `observedDepth` tells what the next segment should be begun with.
 */
export class DecodeTimeline {
  readonly #depth: number;
  #frameTicks: number;
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
  push(rtpTime: number, isKey = false): number {
    if (isKey && this.#depth > 0) this.#beginAnewBehindHole(rtpTime);
    this.#observe(rtpTime);
    const wanted = this.#depth === 0 ? rtpTime : this.#nextOf(rtpTime);
    this.#last = Math.max(wanted, this.#last + 1);
    return this.#last;
  }

  #beginAnewBehindHole(rtpTime: number): void {
    const shown = this.#recent.toSorted((a, b) => a - b);
    const steps = shown.slice(1).map((time, i) => time - shown[i]!);
    const usual = steps.sort((a, b) => a - b)[steps.length >> 1];
    if (usual === undefined || rtpTime - shown.at(-1)! <= HOLE_FRAMES * usual) return;
    this.#frameTicks = usual;
    this.#waiting.length = 0;
    this.#count = 0;
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
