import type { GapEntry } from '../archive/entries.ts';
import type { Clock } from '../base/clock.ts';
import { NO_KEY_FRAME_YET, NO_PICTURE_MADE } from '../link/stream-words.ts';
import type { SessionFailure } from './camera-session.ts';
import type { GapTracker } from './gap-tracker.ts';
import type { Hole } from './time/timed-unit.ts';

/** What explains a hole in front of the next footage when nothing else is known. */
const NOTHING_CAME: Hole = { cause: 'no-data', detail: 'the camera sent nothing for a second or more' };

export interface TroublesOptions {
  readonly gaps: GapTracker;
  readonly clock: Clock;
  onGap(entry: GapEntry): void;
}

/**
 * Why a channel does not record at present. The camera may fail, and recording may be paused here (no drive, or the schedule says no); both
 * may be so at once, and then the pause is what the ledger names, because nothing would be recorded either way.
 */
export class Troubles {
  readonly #options: TroublesOptions;
  #failure: SessionFailure | undefined;
  #pause: Hole | undefined;

  constructor(options: TroublesOptions) {
    this.#options = options;
  }

  get failure(): SessionFailure | undefined {
    return this.#failure;
  }

  get pause(): Hole | undefined {
    return this.#pause;
  }

  get current(): Hole | undefined {
    return this.#pause ?? this.#failure;
  }

  /** `sinceUtcMs`: when that began. */
  fail(failure: SessionFailure, sinceUtcMs?: number): void {
    const { cause, detail } = failure;
    // Every stream begins with the wait for a key frame; that none can come of it shows later.
    const isBetterKnown = this.#failure?.detail.includes(NO_KEY_FRAME_YET) && detail.includes(NO_PICTURE_MADE);
    this.#failure = failure;
    if (this.#pause) return;
    this.#open(failure, sinceUtcMs);
    if (isBetterKnown) this.#tell(this.#options.gaps.explain(cause, detail));
  }

  /** The camera delivers; the gap ends with the footage. */
  recover(): void {
    this.#failure = undefined;
  }

  pauseFor(pause: Hole): void {
    this.#pause = pause;
    this.#open(pause);
  }

  resume(): void {
    this.#pause = undefined;
    if (this.#failure) this.#open(this.#failure);
  }

  /** `hole`: why something may be missing in front of it. */
  noteFootage(startUtcMs: number, endUtcMs: number, hole: Hole = NOTHING_CAME): void {
    // How much was lost is known only now.
    const closing = hole.cause === 'stream-error' ? hole.detail : undefined;
    this.#tell(this.#options.gaps.footage(startUtcMs, endUtcMs, hole.cause, hole.detail, closing));
  }

  /** Nothing more is owed. */
  end(): void {
    this.#tell(this.#options.gaps.end(this.#options.clock.nowUtcMs()));
  }

  #open({ cause, detail }: Hole, sinceUtcMs?: number): void {
    const { gaps, clock } = this.#options;
    this.#tell(gaps.fail(cause, detail, clock.nowUtcMs(), sinceUtcMs));
  }

  #tell(entries: readonly GapEntry[]): void {
    for (const entry of entries) this.#options.onGap(entry);
  }
}
