import type { GapCause } from '../archive/entries.ts';
import { NO_PREDECESSOR } from '../archive/identity.ts';
import type { SegmentName } from '../archive/layout.ts';
import { assertNever } from '../base/assert.ts';
import type { FragmentInput } from '../media/fmp4/fragment.ts';
import { type CutAction, SegmentCutter, type SegmentTimes } from './segment-cutter.ts';
import type { SegmentSink, SegmentSpec } from './segment-sink.ts';
import { Tail, type TailMark } from './tail.ts';
import type { Hole, TimedUnit } from './time/timed-unit.ts';

/** A place to write to, as the channel sees it. */
export interface Placement {
  open(spec: SegmentSpec): SegmentSink;
  /** Share of the drive's queue in use, 0 to 1. */
  readonly queueFill: number;
}

export interface RecordingOptions {
  times(): SegmentTimes;
  tailMaxBytes(): number;
  /** The drive for the next segment, or why there is none. */
  choosePlacement(): Placement | { readonly cause: GapCause; readonly detail: string };
  nextName(startUtcMs: number): SegmentName;
  clockState(): 'synced' | 'unsynced';
  /** Pictures were handed to a drive. `hole`: why something may be missing in front of them. */
  onFootage(startUtcMs: number, endUtcMs: number, videoFrames: number, hole: Hole | undefined): void;
  /** What was handed over after `throughUtcMs` did not become durable. */
  onRevoked(throughUtcMs: number): void;
  /** A segment begins without a key frame: players show it from the next one on. */
  onKeylessSegment(startUtcMs: number): void;
  onPaused(cause: GapCause, detail: string): void;
  onResumed(): void;
}

/** A pause because a drive's queue was full ends when it has emptied to this share: not at once full again. */
const QUEUE_FILL_TO_RESUME = 0.5;

interface FragmentMark {
  readonly tailMark: TailMark;
  readonly endUtcMs: number;
}

/**
 * One channel's way from timed units to segments on drives. What is not durable stays in the tail; when a drive goes, the tail is written
 * anew elsewhere, and when there is no elsewhere, it waits, as far as its memory reaches.
 */
export class Recording {
  readonly tail = new Tail();
  readonly #options: RecordingOptions;
  readonly #cutter: SegmentCutter;
  #sink: SegmentSink | undefined;
  #placement: Placement | undefined;
  #pausedFor: GapCause | undefined;
  #isHeld = false;
  /** Of the current segment, in the order of its fragments. */
  #marks: FragmentMark[] = [];
  #lastHash: Buffer = NO_PREDECESSOR;
  #hasWritten = false;
  #durableThroughUtcMs = 0;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#cutter = new SegmentCutter(options.times);
  }

  /** Of the channel's last fragment. */
  get lastHash(): Buffer {
    return this.#lastHash;
  }

  get isPaused(): boolean {
    return this.#pausedFor !== undefined;
  }

  push(timed: TimedUnit): void {
    this.tail.push(timed);
    if (this.#isHeld) this.tail.release(timed.serial);
    this.tail.trim(this.#options.tailMaxBytes());
    if (this.#isHeld) return;
    if (!this.isPaused) this.#perform(this.#cutter.push(timed));
  }

  /** Frames that wait for their fragment's end are written now: the camera has gone silent. */
  flush(): void {
    if (!this.isPaused && this.#cutter.hasPending) this.#perform(this.#cutter.flush());
  }

  /** The session is over, or the recorder stops: what comes next is a new segment. */
  close(): void {
    if (!this.isPaused) this.#perform(this.#cutter.close());
  }

  /** The schedule says no: only the last group of pictures is kept, for live views. */
  hold(): void {
    if (this.#isHeld) return;
    this.close();
    this.#isHeld = true;
    this.#pausedFor = undefined;
  }

  /** The schedule says yes: begins with the group of pictures that is under way. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#replay();
  }

  /** Called now and then while paused: is there a drive again? */
  retry(): void {
    if (!this.isPaused) return;
    const placement = this.#options.choosePlacement();
    if (!('open' in placement) || placement.queueFill > QUEUE_FILL_TO_RESUME) return;
    this.#pausedFor = undefined;
    this.#options.onResumed();
    this.#replay();
  }

  /** The newest segment of earlier runs, as far as it is known before this run's first fragment. */
  setPredecessor(hash: Buffer): void {
    if (!this.#hasWritten) this.#lastHash = hash;
  }

  #perform(actions: readonly CutAction[]): void {
    for (const action of actions) {
      if (this.isPaused) return;
      switch (action.kind) {
        case 'open':
          this.#open(action);
          break;
        case 'fragment':
          this.#append(action);
          break;
        case 'close':
          this.#sink?.close();
          this.#sink = undefined;
          break;
        default:
          assertNever(action);
      }
    }
  }

  #open({ stretch, startUtcMs, startsWithKey }: Extract<CutAction, { kind: 'open' }>): void {
    if (!startsWithKey) this.#options.onKeylessSegment(startUtcMs);
    const placement = this.#options.choosePlacement();
    if (!('open' in placement)) {
      this.#pause(placement.cause, placement.detail);
      return;
    }
    this.#placement = placement;
    const marks: FragmentMark[] = [];
    let durableCount = 0;
    this.#marks = marks;
    const sink = placement.open({
      name: this.#options.nextName(startUtcMs),
      stretch,
      clock: this.#options.clockState(),
      predecessorHash: () => this.#lastHash,
      onHash: (hash) => {
        this.#lastHash = hash;
        this.#hasWritten = true;
      },
      onDurable: (count) => {
        for (; durableCount < count; durableCount++) this.#settle(marks[durableCount]!);
      },
      onLost: () => this.#handleLost(sink, durableCount < marks.length),
    });
    this.#sink = sink;
  }

  #append(action: Extract<CutAction, { kind: 'fragment' }>): void {
    const sink = this.#sink;
    if (!sink) return;
    if (!sink.append(action.input, mediaBytes(action.input))) {
      const percent = Math.round((this.#placement?.queueFill ?? 1) * 100);
      sink.close();
      this.#pause('drive-slow', `the drive's queue is ${percent} % full`);
      return;
    }
    this.#marks.push({ tailMark: this.tail.mark(action.throughSerial), endUtcMs: action.endUtcMs });
    const { startUtcMs, endUtcMs, videoFrames, hole } = action;
    // Sound alone is kept, and is no footage.
    if (videoFrames > 0) this.#options.onFootage(startUtcMs, endUtcMs, videoFrames, hole);
  }

  #settle({ tailMark, endUtcMs }: FragmentMark): void {
    this.tail.settle(tailMark);
    this.#durableThroughUtcMs = Math.max(this.#durableThroughUtcMs, endUtcMs);
  }

  /** `isMissing`: fragments of that segment are not known to be safe. Then all that the tail holds is written anew. */
  #handleLost(lost: SegmentSink, isMissing: boolean): void {
    const isCurrent = this.#sink === lost;
    if (this.isPaused || this.#isHeld || !(isCurrent || isMissing)) return;
    this.#options.onRevoked(this.#durableThroughUtcMs);
    if (!isCurrent) this.#sink?.close();
    this.#sink = undefined;
    // Not at once: the drive set is still learning of the loss, and would name the same drive again.
    queueMicrotask(() => {
      if (!this.isPaused) this.#replay();
    });
  }

  #replay(): void {
    const { beginsInside } = this.tail;
    this.#cutter.reset();
    if (beginsInside) this.#cutter.beginAnywhere();
    for (const timed of this.tail.replay()) {
      if (this.isPaused) return;
      this.#perform(this.#cutter.push(timed));
    }
  }

  #pause(cause: GapCause, detail: string): void {
    this.#pausedFor = cause;
    this.#sink = undefined;
    this.#cutter.reset();
    this.#options.onPaused(cause, detail);
  }
}

function mediaBytes(input: FragmentInput): number {
  let bytes = 0;
  for (const sample of input.video?.samples ?? []) bytes += sample.data.length;
  for (const sample of input.audio?.samples ?? []) bytes += sample.data.length;
  return bytes;
}
