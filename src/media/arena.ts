import { MIB } from '../base/units.ts';

/** 1 s of a 1 Mbps stream: small enough that a slow stream pins little memory, large enough that slabs are rare. */
export const VIDEO_SLAB_BYTES = 128 * 1024;

/** 2 s of G.711, the slowest stream: sound in slabs of picture size would pin each of them for a quarter of a minute. */
export const AUDIO_SLAB_BYTES = 16 * 1024;

/** An 8K intra frame stays below 4 MiB; what is larger comes from a confused peer. */
export const MAX_ACCESS_UNIT_BYTES = 8 * MIB;

/** Slabs that wait for their next use, all streams together: 32 MiB. What is more goes to the garbage collector. */
const MAX_FREE_SLABS = 256;
const freeSlabs: Buffer[] = [];

/**
 * A piece of memory that units are views of. It is used again only when every unit in it was given back with `release`; a unit that
 * somebody keeps, or that nobody gives back, leaves its slab to the garbage collector. So forgetting is harmless, and only who knows
 * that nobody else holds a view may release. It matters: without it the collector runs twice a second for 64 streams.
 */
export class Slab {
  readonly bytes: Buffer;
  #units = 0;
  #isFilled = false;
  #isKept = false;

  constructor(sizeBytes: number) {
    const reused = sizeBytes === VIDEO_SLAB_BYTES ? freeSlabs.pop() : undefined;
    this.bytes = reused ?? Buffer.allocUnsafeSlow(sizeBytes);
  }

  /** A unit was finished in it. */
  addUnit(): void {
    this.#units++;
  }

  /** No further unit will begin in it. */
  fill(): void {
    this.#isFilled = true;
    this.#recycleIfUnused();
  }

  /** One unit is not needed any more, by anybody. Once for each unit at most. */
  release(): void {
    this.#units--;
    this.#recycleIfUnused();
  }

  /** Somebody holds a view for as long as it likes. */
  keep(): void {
    this.#isKept = true;
  }

  #recycleIfUnused(): void {
    if (!this.#isFilled || this.#units !== 0 || this.#isKept) return;
    this.#isKept = true; // given away: never twice
    if (this.bytes.length === VIDEO_SLAB_BYTES && freeSlabs.length < MAX_FREE_SLABS) freeSlabs.push(this.bytes);
  }
}

/**
 * Memory of one stream. Payloads are copied once, from the socket's buffer into a slab; a finished unit is a view of that slab.
 *
 *   slab:  [ unit ][ unit ][ unit that grows → ]            start of the growing unit ... end
 *
 * When the slab is full in mid-unit, the unit's beginning moves to the next slab, so that each unit is contiguous.
 * Offsets that callers hold are relative to the unit's start and survive such a move.
 */
export class Arena {
  readonly #slabBytes: number;
  readonly #maxUnitBytes: number;
  #slab: Slab;
  #start = 0;
  #end = 0;

  constructor(slabBytes: number, maxUnitBytes: number = MAX_ACCESS_UNIT_BYTES) {
    this.#slabBytes = slabBytes;
    this.#maxUnitBytes = maxUnitBytes;
    this.#slab = new Slab(0);
  }

  /** Bytes of the unit that grows. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** False when the unit would exceed its maximum; nothing is added then. */
  append(source: Buffer, from: number, to: number): boolean {
    const size = to - from;
    if (!this.#makeRoom(size)) return false;
    source.copy(this.#slab.bytes, this.#end, from, to);
    this.#end += size;
    return true;
  }

  appendByte(value: number): boolean {
    if (!this.#makeRoom(1)) return false;
    this.#slab.bytes[this.#end++] = value;
    return true;
  }

  /** Room for a length that is known later; filled in by `patchU32`. */
  appendU32(value: number): boolean {
    if (!this.#makeRoom(4)) return false;
    this.#end += 4;
    this.patchU32(this.length - 4, value);
    return true;
  }

  patchU32(offset: number, value: number): void {
    const { bytes } = this.#slab;
    const at = this.#start + offset;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  /** Puts bytes in the middle of the unit. Moves what follows: for the rare key frame without parameter sets. */
  insert(offset: number, bytes: Buffer): boolean {
    if (!this.#makeRoom(bytes.length)) return false;
    const at = this.#start + offset;
    this.#slab.bytes.copyWithin(at + bytes.length, at, this.#end);
    bytes.copy(this.#slab.bytes, at);
    this.#end += bytes.length;
    return true;
  }

  /** A view of the growing unit, good until the next change. */
  peek(from: number, to: number = this.length): Buffer {
    return this.#slab.bytes.subarray(this.#start + from, this.#start + to);
  }

  /** Forgets what lies behind `length`. */
  truncate(length: number): void {
    this.#end = this.#start + length;
  }

  /** Ends the unit. The view is good until it is released to its slab. */
  take(): { data: Buffer; slab: Slab } {
    const slab = this.#slab;
    const data = slab.bytes.subarray(this.#start, this.#end);
    slab.addUnit();
    this.#start = this.#end;
    return { data, slab };
  }

  #makeRoom(size: number): boolean {
    if (this.#end + size <= this.#slab.bytes.length) return this.length + size <= this.#maxUnitBytes;
    const length = this.length;
    if (length + size > this.#maxUnitBytes) return false;
    // A unit that outgrew a slab is moved into one of twice its size, so that even a large key frame moves only a few times.
    const next = new Slab(Math.max(this.#slabBytes, 2 * (length + size)));
    this.#slab.bytes.copy(next.bytes, 0, this.#start, this.#end);
    this.#slab.fill();
    this.#slab = next;
    this.#start = 0;
    this.#end = length;
    return true;
  }
}
