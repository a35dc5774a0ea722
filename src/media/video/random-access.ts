import { SECOND_MS } from '../../base/units.ts';
import type { VideoCodecRules } from './video-codec.ts';

/**
 * Where decoding may start. That is a key frame proper (IDR, IRAP) as long as the camera sends any. Some send a single one, or none to
 * who joins later:
 * - open groups of pictures: intra pictures behind a recovery point of 0 frames, or behind parameter sets, are as good;
 * - intra refresh: a part of each picture is coded anew, and after a recovery point of some frames the picture is whole.
 *
 * These count only when no key frame proper has come for a while, because browsers begin with nothing else.
 */
export type RandomAccess = 'none' | 'exact' | 'gradual';

/** While nothing can be decoded yet: longer than the usual interval of key frames, short beside what is not recorded meanwhile. */
const EXACT_PATIENCE_MS = 5 * SECOND_MS;
/** Looking begins so long before it may count: the slowest cameras send a picture a second. */
const LOOKED_AHEAD_MS = SECOND_MS;
/** A start with a damaged picture is worse than a wait for a smart codec's next key frame, which may take that long. */
const GRADUAL_PATIENCE_MS = 10 * SECOND_MS;
/** Then any picture will do: what can be made out of it is up to the decoder, and nothing at all would be kept otherwise. */
const LAST_PATIENCE_MS = 30 * SECOND_MS;
/** While pictures can be decoded: then it is only about where files and groups of pictures may begin. */
const RUNNING_PATIENCE_MS = 20 * SECOND_MS;
/** Axis stretches the interval to 1,200 frames, which are 4 minutes at 5 a second. */
const RUNNING_LAST_PATIENCE_MS = 300 * SECOND_MS;

export class RandomAccessFinder {
  readonly #rules: VideoCodecRules;
  /** Of the last key frame proper, or of the first picture. */
  #properMs: number | undefined;
  #lastMs = 0;
  #waitingSinceMs: number | undefined;

  /** With key frames as they should be there is nothing to look for, in thousands of units a second. */
  #isLooking = false;
  #hasSps = false;
  #hadSpsBefore = false;
  /** Pictures from which on everything is right, counted from this one. */
  #recoveryFrames: number | undefined;
  #isIntra = true;

  constructor(rules: VideoCodecRules) {
    this.#rules = rules;
  }

  noteSps(): void {
    this.#hasSps = true;
  }

  noteSei(nal: Buffer): void {
    if (this.#isLooking) this.#recoveryFrames ??= this.#rules.recoveryFrames(nal);
  }

  /** Of a slice that is not of a key frame proper. Looked at only where it may matter. */
  noteSlice(nal: Buffer): void {
    const mayMatter = this.#isLooking && (this.#hasSps || this.#recoveryFrames !== undefined);
    if (mayMatter && this.#isIntra) this.#isIntra = this.#rules.isIntraSlice(nal);
  }

  /** At the end of a unit. `isWaiting`: nothing can be decoded so far, or since a loss. */
  endUnit(isProperKey: boolean, isWaiting: boolean, nowMs: number): RandomAccess {
    const verdict = isProperKey ? 'exact' : this.#judge(isWaiting, nowMs);
    if (isProperKey) this.#properMs = nowMs;
    this.#isLooking = nowMs - (this.#properMs ?? nowMs) >= EXACT_PATIENCE_MS - LOOKED_AHEAD_MS;
    if (verdict !== 'none') {
      this.#lastMs = nowMs;
      this.#waitingSinceMs = undefined;
    }
    this.#hadSpsBefore = this.#hasSps;
    this.reset();
    return verdict;
  }

  /** The unit was given up. */
  reset(): void {
    this.#hasSps = false;
    this.#recoveryFrames = undefined;
    this.#isIntra = true;
  }

  #judge(isWaiting: boolean, nowMs: number): RandomAccess {
    if (this.#properMs === undefined) {
      this.#properMs = nowMs;
      this.#lastMs = nowMs;
    }
    if (isWaiting) this.#waitingSinceMs ??= nowMs;
    const waitedMs = nowMs - this.#properMs;
    if (waitedMs < EXACT_PATIENCE_MS) return 'none';
    // Some cameras send their parameter sets with every picture: then they mark nothing.
    const hasNewSps = this.#hasSps && !this.#hadSpsBefore;
    const isWholeIntra = this.#isLooking && this.#isIntra && (this.#hasSps || this.#recoveryFrames !== undefined);
    const isExact = this.#recoveryFrames === 0 || isWholeIntra;
    if (isExact && waitedMs >= (isWaiting ? EXACT_PATIENCE_MS : RUNNING_PATIENCE_MS)) return 'exact';
    const isGradual = this.#recoveryFrames !== undefined || hasNewSps;
    if (isGradual && waitedMs >= (isWaiting ? GRADUAL_PATIENCE_MS : RUNNING_PATIENCE_MS)) return 'gradual';
    const sinceMs = this.#waitingSinceMs ?? this.#lastMs;
    return nowMs - sinceMs >= (isWaiting ? LAST_PATIENCE_MS : RUNNING_LAST_PATIENCE_MS) ? 'gradual' : 'none';
  }
}
