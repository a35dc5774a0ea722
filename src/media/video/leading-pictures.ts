import type { UnitInProgress } from './unit-in-progress.ts';

/** Leading pictures are shown a few frames before their key frame; what goes back further is a jump of the clock. 2 s at 90 kHz. */
const MAX_LEAD_TICKS = 180_000;

interface KeyPicture {
  /** Decoding begins with it, at first or after a loss. */
  readonly isStart: boolean;
  readonly isAfterLoss: boolean;
  /** IDR or IRAP. */
  readonly isProper: boolean;
  readonly time: number;
}

/**
 * Pictures that follow a key frame, are shown before it and refer to pictures before that (open groups of pictures): where decoding
 * begins at the key frame they are garbage, and are left out. H.265 names them (RASL); of H.264 only the times tell.
 *
 *   sent   … P  I  b  b  P …      shown   … P  b  b  I  P …
 */
export class LeadingPictures {
  /** While what follows it may have to be left out. */
  #key: KeyPicture | undefined;

  get isAfterLoss(): boolean {
    return this.#key?.isAfterLoss === true;
  }

  noteKey(key: KeyPicture): void {
    this.#key = key.isStart ? key : undefined;
  }

  mustSkip({ isSkippedLeading, time }: UnitInProgress): boolean {
    const key = this.#key;
    if (key === undefined) return false;
    return isSkippedLeading || (!key.isProper && time < key.time && key.time - time < MAX_LEAD_TICKS);
  }
}
