import type { TimedUnit } from './time/timed-unit.ts';

/** Marks the units up to `throughSerial` as handed to a drive; `isDurable` turns true with the sync that covers them. */
export interface TailMark {
  readonly throughSerial: number;
  isDurable: boolean;
}

/**
 * Recent media of one channel, in memory: from the last key frame at or before the oldest unit that is not durable. It is written
 * again elsewhere when a drive goes, and gives a live view its first picture.
 */
export class Tail {
  #units: TimedUnit[] = [];
  /** Serials of the video key frames that are held, ascending. */
  #keys: number[] = [];
  #marks: TailMark[] = [];
  #durableThrough = 0;
  /** Units up to here went without being written, or are written twice: their memory is left to the garbage collector. */
  #givenUpThrough = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Units before the first key frame of a session cannot be decoded and are not kept. */
  push(timed: TimedUnit): void {
    const isVideoKey = timed.unit.kind === 'video' && timed.unit.isKey;
    if (!isVideoKey && this.#keys.length === 0) return;
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
    this.#dropDurable();
  }

  /** All that is held, oldest first. */
  units(): readonly TimedUnit[] {
    return [...this.#units];
  }

  /** The same, for the caller to write anew: what was handed to drives before no longer counts. */
  replay(): readonly TimedUnit[] {
    this.#marks = [];
    this.#givenUpThrough = Math.max(this.#givenUpThrough, (this.#units.at(-1)?.serial ?? 0) + 1);
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

  /** Gives up the oldest group of pictures. False when only the newest is left, which is needed for decoding what follows. */
  dropOldestGroup(): boolean {
    const next = this.#keys[1];
    if (next === undefined) return false;
    this.release(next - 1);
    return true;
  }

  #dropDurable(): void {
    while (this.#keys.length > 1 && this.#keys[1]! <= this.#durableThrough + 1) {
      this.#keys.shift();
      this.#dropBefore(this.#keys[0]!);
    }
  }

  /**
   * Happens once a group of pictures; nothing that was dropped stays referenced. Memory is given back only of what a sync has covered:
   * what was given up may still wait in a drive's queue.
   */
  #dropBefore(serial: number): void {
    let count = 0;
    while (count < this.#units.length && this.#units[count]!.serial < serial) {
      this.#bytes -= this.#units[count]!.unit.data.length;
      count++;
    }
    for (const dropped of this.#units.splice(0, count)) {
      if (dropped.serial > this.#givenUpThrough) dropped.unit.slab?.release();
    }
  }
}
