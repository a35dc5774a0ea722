import type { TimedUnit } from './time/timed-unit.ts';

/** Marks the units up to `throughSerial` as handed to a drive; `isDurable` turns true with the sync that covers them. */
export interface TailMark {
  readonly throughSerial: number;
  isDurable: boolean;
}

/** When the limit is reached, so much of it is left, so that not every frame after it has to make room for itself. */
const TRIM_TO_SHARE = 7 / 8;

/**
 * Recent media of one channel, in memory: from the last key frame at or before the oldest unit that is not durable. It is written
 * again elsewhere when a drive goes, and gives a live view its first picture.
 *
 * A group of pictures may be larger than the memory that a channel has (20 s between key frames at 8 Mbps are 20 MB). Then the part of it
 * that is durable goes first: nothing is lost with a drive, but what is written elsewhere begins within the group, and a live view begins
 * with the next key frame.
 */
export class Tail {
  #units: TimedUnit[] = [];
  /** Serials of the video key frames that are held, ascending. */
  #keys: number[] = [];
  #marks: TailMark[] = [];
  #durableThrough = 0;
  /** Units up to here went without being written, or are written twice: their memory is left to the garbage collector. */
  #givenUpThrough = 0;
  /** Units up to here are on no drive, and no longer here. */
  #missingThrough = 0;
  #hasBegun = false;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Units before the first key frame of a session cannot be decoded and are not kept. */
  push(timed: TimedUnit): void {
    const isVideoKey = timed.unit.kind === 'video' && timed.unit.isKey;
    if (!isVideoKey && !this.#hasBegun) return;
    this.#hasBegun = true;
    if (isVideoKey) this.#keys.push(timed.serial);
    this.#units.push(timed);
    this.#bytes += timed.unit.data.length;
    this.#dropDurable();
  }

  mark(throughSerial: number): TailMark {
    const mark = { throughSerial, isDurable: false };
    this.#marks.push(mark);
    return mark;
  }

  /** Marks become durable in any order (two drives); units are let go in order. */
  settle(mark: TailMark): void {
    mark.isDurable = true;
    while (this.#marks[0]?.isDurable) this.#durableThrough = this.#marks.shift()!.throughSerial;
    this.#dropDurable();
  }

  /** Nothing up to here will be written: the schedule is off, or it was given up. */
  release(throughSerial: number): void {
    this.#marks = this.#marks.filter((mark) => mark.throughSerial > throughSerial);
    this.#durableThrough = Math.max(this.#durableThrough, throughSerial);
    this.#givenUpThrough = Math.max(this.#givenUpThrough, throughSerial);
    this.#missingThrough = Math.max(this.#missingThrough, throughSerial);
    this.#dropDurable();
  }

  /** Keeps within the limit: gives up first what is durable, then whole groups of pictures, the oldest first. */
  trim(maxBytes: number): void {
    if (this.#bytes <= maxBytes) return;
    const wantedBytes = maxBytes * TRIM_TO_SHARE;
    this.#dropFirst((timed) => this.#bytes > wantedBytes && timed.serial <= this.#durableThrough);
    while (this.#bytes > wantedBytes && this.#dropOldestGroup());
  }

  /** All that is held, oldest first. */
  units(): readonly TimedUnit[] {
    return [...this.#units];
  }

  /** True when what is held begins within a group of pictures whose beginning is on a drive. */
  get beginsInside(): boolean {
    const first = this.#units[0];
    return first !== undefined && first.serial !== this.#keys[0] && first.serial - 1 > this.#missingThrough;
  }

  /** What the caller is to write anew: what was handed to drives before no longer counts. */
  replay(): readonly TimedUnit[] {
    const lastSerial = this.#units.at(-1)?.serial ?? 0;
    this.#marks = [];
    this.#givenUpThrough = Math.max(this.#givenUpThrough, lastSerial + 1);
    if (!this.beginsInside) this.#miss((this.#keys[0] ?? lastSerial + 1) - 1);
    return this.units();
  }

  /** From the last key frame on: what a new live view begins with. */
  fromLastKey(): TimedUnit[] {
    const key = this.#keys.at(-1);
    if (key === undefined) return [];
    let index = this.#units.length;
    while (index > 0 && this.#units[index - 1]!.serial >= key) index--;
    return this.#units.slice(index);
  }

  /** Of the newest group, too, what is left cannot be decoded without what was dropped: all of it goes. */
  #dropOldestGroup(): boolean {
    const last = this.#units.at(-1);
    if (!last) return false;
    const [key, nextKey] = this.#keys;
    const isHeadCut = this.#units[0]!.serial !== key;
    const nextSerial = (isHeadCut ? key : nextKey) ?? last.serial + 1;
    this.release(nextSerial - 1);
    this.#miss(nextSerial - 1);
    return true;
  }

  /** What cannot be decoded, because what it refers to is on no drive and no longer here. */
  #miss(throughSerial: number): void {
    this.#missingThrough = Math.max(this.#missingThrough, throughSerial);
    this.#dropBefore(throughSerial + 1);
  }

  #dropDurable(): void {
    const [, next] = this.#keys;
    if (next !== undefined && next <= this.#durableThrough + 1) {
      let count = 1;
      while (count + 1 < this.#keys.length && this.#keys[count + 1]! <= this.#durableThrough + 1) count++;
      this.#dropBefore(this.#keys[count]!);
    }
  }

  #dropBefore(serial: number): void {
    this.#dropFirst((timed) => timed.serial < serial);
  }

  /**
   * Happens once a group of pictures, as a rule; nothing that was dropped stays referenced. Memory is given back only of what a sync has
   * covered: what was given up may still wait in a drive's queue.
   */
  #dropFirst(isToGo: (timed: TimedUnit) => boolean): void {
    let count = 0;
    for (; count < this.#units.length && isToGo(this.#units[count]!); count++) {
      this.#bytes -= this.#units[count]!.unit.data.length;
    }
    if (count === 0) return;
    for (const dropped of this.#units.splice(0, count)) {
      if (dropped.serial > this.#givenUpThrough) dropped.unit.slab?.release();
      if (dropped.serial === this.#keys[0]) this.#keys.shift();
    }
  }
}
