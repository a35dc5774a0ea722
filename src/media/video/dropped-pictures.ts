/** Why a picture was not delivered: packets of it are missing, or what came of it breaks its format or exceeds a limit. */
export type DropReason = 'incomplete' | 'malformed';

/** Counts the pictures of one stream that were given up: each timestamp once, and at least one for each gap. */
export class DroppedPictures {
  #lastTime: number | undefined;

  /** Set with the first picture that can be decoded: nothing before it is missed. */
  isCounting = false;
  incomplete = 0;
  malformed = 0;

  /** `time` is that of the picture in progress; undefined between two pictures. */
  giveUp(reason: DropReason, time: number | undefined): void {
    this.#count(reason);
    this.#lastTime = time;
  }

  /** A piece of a picture is passed over, because its beginning never came. */
  passOver(time: number): void {
    if (this.#lastTime === time) return;
    // The first timestamp after a gap between two pictures was counted with the gap.
    if (this.#lastTime !== undefined) this.#count('incomplete');
    this.#lastTime = time;
  }

  /** Whether what was given up last had this time. */
  isOf(time: number): boolean {
    return this.#lastTime === time;
  }

  #count(reason: DropReason): void {
    if (this.isCounting) this[reason]++;
  }
}
