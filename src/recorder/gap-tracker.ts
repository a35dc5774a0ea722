import type { GapCause, GapEntry } from '../archive/entries.ts';

/**
 * Keeps one channel's account: every second is footage or a gap with a cause. Pure but for its own state; each call returns the rows
 * that changed. Rows carry all their fields, so that the newest row of an id is the whole truth.
 */

/** What is beyond this is a hole in a file; frames come at least once a second from every camera that works. */
export const HOLE_MS = 1_000;
/**
 * A hole in the footage beyond this is a gap. Less than a hole in a file, so that each of those is one: where pictures are shown in another
 * order than they come, its two ends are measured at different pictures.
 */
export const GAP_THRESHOLD_MS = 850;

export class GapTracker {
  readonly #unit: string;
  readonly #channelId: string;
  readonly #nextId: () => string;
  /** End of the footage so far, or undefined before any was expected. */
  #coveredThroughUtcMs: number | undefined;
  #open: GapEntry | undefined;
  /** Footage came before it was known where the last run's footage ended. */
  #firstFootageUtcMs: number | undefined;

  constructor(options: { unit: string; channelId: string; nextId: () => string }) {
    this.#unit = options.unit;
    this.#channelId = options.channelId;
    this.#nextId = options.nextId;
  }

  get openCause(): GapCause | undefined {
    return this.#open?.cause;
  }

  get coveredThroughUtcMs(): number | undefined {
    return this.#coveredThroughUtcMs;
  }

  /** The channel is to be recorded from now on; there was nothing before. */
  expectFrom(nowUtcMs: number): void {
    this.#coveredThroughUtcMs ??= nowUtcMs;
  }

  /** The recorder was not running between the end of the last footage (or last gap) and its start. */
  resume(fromUtcMs: number, startedUtcMs: number): GapEntry[] {
    const untilUtcMs = this.#firstFootageUtcMs ?? this.#open?.fromUtcMs;
    if (untilUtcMs === undefined) {
      this.#open = this.#row(fromUtcMs, null, 'recorder-not-running', notRunningDetail(fromUtcMs, startedUtcMs));
      return [this.#open];
    }
    if (untilUtcMs <= fromUtcMs) return [];
    return [this.#row(fromUtcMs, untilUtcMs, 'recorder-not-running', notRunningDetail(fromUtcMs, startedUtcMs))];
  }

  /**
   * Footage from `startUtcMs` to `endUtcMs` was handed to a drive. `holeCause`: why something may be missing before it; `closing`: what is
   * now known of a gap that is open for the same cause.
   */
  footage(startUtcMs: number, endUtcMs: number, holeCause: GapCause, holeDetail: string, closing?: string): GapEntry[] {
    const changed: GapEntry[] = [];
    this.#firstFootageUtcMs ??= startUtcMs;
    if (this.#open) changed.push(this.#closeOpen(startUtcMs, this.#open.cause === holeCause ? closing : undefined));
    else if (this.#coveredThroughUtcMs !== undefined && startUtcMs - this.#coveredThroughUtcMs >= GAP_THRESHOLD_MS) {
      changed.push(this.#row(this.#coveredThroughUtcMs, startUtcMs, holeCause, holeDetail));
    }
    this.#coveredThroughUtcMs = endUtcMs;
    return changed;
  }

  /** Nothing is recorded, for this reason, since `sinceUtcMs` (the end of the footage when that is earlier). */
  fail(cause: GapCause, detail: string, nowUtcMs: number, sinceUtcMs = nowUtcMs): GapEntry[] {
    if (this.#open?.cause === cause) return [];
    const changed: GapEntry[] = [];
    let fromUtcMs = this.#coveredThroughUtcMs ?? nowUtcMs;
    if (this.#open) {
      fromUtcMs = Math.round(Math.max(this.#open.fromUtcMs, Math.min(sinceUtcMs, nowUtcMs)));
      // It explains all of the open gap: the same row, and none of no length.
      if (fromUtcMs === this.#open.fromUtcMs) return this.#reword(cause, detail);
      changed.push(this.#closeOpen(fromUtcMs));
    }
    this.#open = this.#row(fromUtcMs, null, cause, detail);
    changed.push(this.#open);
    return changed;
  }

  /** More is known of why the open gap lasts. */
  explain(cause: GapCause, detail: string): GapEntry[] {
    return this.#open?.cause === cause && this.#open.detail !== detail ? this.#reword(cause, detail) : [];
  }

  /** What was handed to a drive did not become durable after `throughUtcMs`. */
  revoke(throughUtcMs: number): void {
    if (this.#coveredThroughUtcMs !== undefined) {
      this.#coveredThroughUtcMs = Math.min(this.#coveredThroughUtcMs, throughUtcMs);
    }
  }

  /** The channel is no longer to be recorded. */
  end(nowUtcMs: number): GapEntry[] {
    const changed = this.#open ? [this.#closeOpen(nowUtcMs)] : [];
    this.#coveredThroughUtcMs = undefined;
    return changed;
  }

  #reword(cause: GapCause, detail: string): GapEntry[] {
    this.#open = { ...this.#open!, cause, detail };
    return [this.#open];
  }

  #closeOpen(atUtcMs: number, detail?: string): GapEntry {
    const open = this.#open!;
    this.#open = undefined;
    return { ...open, ...(detail !== undefined && { detail }), toUtcMs: Math.max(open.fromUtcMs, Math.round(atUtcMs)) };
  }

  #row(fromUtcMs: number, toUtcMs: number | null, cause: GapCause, detail: string): GapEntry {
    return {
      kind: 'gap',
      id: this.#nextId(),
      unit: this.#unit,
      channelId: this.#channelId,
      fromUtcMs: Math.round(fromUtcMs),
      toUtcMs: toUtcMs === null ? null : Math.round(toUtcMs),
      cause,
      detail,
    };
  }
}

function notRunningDetail(fromUtcMs: number, startedUtcMs: number): string {
  const seconds = Math.max(0, (startedUtcMs - fromUtcMs) / 1000).toFixed(1);
  return `last footage ${new Date(fromUtcMs).toISOString()}, recorder started ${seconds} s later`;
}
