/**
 * A camera that packs several NAL units into one does so from the start, or from when its encoder was set anew: after this many
 * without a start code (half a minute) not every unit is searched any more, which would read every byte once more.
 */
const UNITS_SEARCHED = 1_000;

/**
 * Of those that follow one in so many is searched all the same: some firmwares change with the kind of scene or the bit rate. A prime, so
 * that it is not always the same one of a picture's units.
 */
const SAMPLE_EVERY = 61;

/** Which NAL units are searched for start codes, which V380, Amatek and others leave inside. */
export class StartCodeSearch {
  #left = UNITS_SEARCHED;
  #sinceSample = 0;

  isDue(): boolean {
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    this.#sinceSample = (this.#sinceSample + 1) % SAMPLE_EVERY;
    return this.#sinceSample === 0;
  }

  /** This camera does it: every unit is searched from now on. */
  noteFound(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  /** The encoder was set anew. */
  restart(): void {
    this.#left = Math.max(this.#left, UNITS_SEARCHED);
  }
}
