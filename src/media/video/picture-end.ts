import type { NalRole } from './video-codec.ts';

/**
 * Whether the RTP marker says that a picture is whole. It should stand on a picture's last packet only.
 *
 *   assumed ── marked parameter sets or SEI ──▶ doubted ── a key frame that was marked once, at its end ──▶ proven
 *      │                                           │                                                          │
 *      └────────────────── a slice goes on with a picture that was marked already ──────────────────────▶ every-slice
 *
 * Some firmwares mark the last packet of each NAL unit. They give themselves away by marking parameter sets; then the first marked key
 * frame waits for what comes next, which shows whether slices are marked, too, and costs it one frame of delay. With marks on every
 * slice all units wait.
 */
type Trust = 'assumed' | 'doubted' | 'proven' | 'every-slice';

/** What a NAL unit does to the unit in progress, or to the one before. */
export type NalPlace =
  | 'inside'
  | 'begins-unit'
  /** It belongs to a unit that was already delivered: nothing had told that this camera marks every slice. */
  | 'too-late';

export class PictureEnd {
  readonly #onEverySlice: () => void;
  #trust: Trust = 'assumed';
  #isMarked = false;
  /** Of the last unit that ended at its marker. */
  #markedTime: number | undefined;

  /** `onEverySlice`: the camera was found to mark slices in the middle of a picture. */
  constructor(onEverySlice: () => void) {
    this.#onEverySlice = onEverySlice;
  }

  /** A unit that is whole by its marker has not ended. */
  get isWaiting(): boolean {
    return this.#isMarked;
  }

  /** The same, with packets missing behind it: a camera that is not known to mark every slice marks its last one. */
  get isWholeBeforeGap(): boolean {
    return this.#isMarked && this.#trust !== 'every-slice';
  }

  /** A packet with the marker has ended without a slice. */
  noteMarkedSets(): void {
    if (this.#trust === 'assumed') this.#trust = 'doubted';
  }

  /** A packet with the marker has ended, and the unit in progress holds slices and is whole. True when the unit ends with it. */
  endsAtMarker(slices: number, isKey: boolean, time: number): boolean {
    // Several slices, of which only the last is marked: that is what the standard wants.
    if (this.#trust === 'doubted' && slices > 1 && !this.#isMarked) this.#trust = 'proven';
    if (this.#trust === 'every-slice' || (this.#trust === 'doubted' && isKey)) {
      this.#isMarked = true;
      return false;
    }
    this.#markedTime = time;
    return true;
  }

  /** A NAL unit begins with the same timestamp as the one before it. `hasSlice`: so has the unit in progress. */
  placeOf(role: NalRole, isFirstSlice: boolean, hasSlice: boolean, time: number): NalPlace {
    const isSlice = role === 'slice' || role === 'key-slice';
    if (!hasSlice) {
      if (!isSlice || isFirstSlice || this.#markedTime !== time) return 'inside';
      this.#distrust();
      return 'too-late';
    }
    if (role === 'delimiter' || role === 'vps' || role === 'sps') return 'begins-unit';
    if (!this.#isMarked || role === 'other') return 'inside';
    if (!isSlice || isFirstSlice) return 'begins-unit';
    this.#isMarked = false;
    this.#distrust();
    return 'inside';
  }

  /** The unit has ended, whatever ended it. */
  noteEnd(): void {
    if (this.#isMarked && this.#trust === 'doubted') this.#trust = 'proven';
    this.#isMarked = false;
  }

  noteLoss(): void {
    this.#isMarked = false;
    this.#markedTime = undefined;
  }

  #distrust(): void {
    this.#trust = 'every-slice';
    this.#onEverySlice();
  }
}
