/** Writes bit by bit, most significant first, into a buffer that grows. */
export class BitWriter {
  #buffer: Buffer;
  #bit = 0;

  constructor(expectedBytes: number) {
    this.#buffer = Buffer.alloc(expectedBytes);
  }

  /** The low `count` (up to 32) bits of `value`. */
  bits(value: number, count: number): void {
    this.#makeRoom(count);
    let left = count;
    while (left > 0) {
      const free = 8 - (this.#bit & 7);
      const now = Math.min(free, left);
      const part = (value >>> (left - now)) & ((1 << now) - 1);
      this.#buffer[this.#bit >> 3]! |= part << (free - now);
      this.#bit += now;
      left -= now;
    }
  }

  /** `zeros` times 0, then 1. */
  unary(zeros: number): void {
    this.#makeRoom(zeros + 1);
    this.#bit += zeros;
    this.bits(1, 1);
  }

  align(): void {
    this.#bit = (this.#bit + 7) & ~7;
  }

  /** A view of what is written, the last byte padded with zeros. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, (this.#bit + 7) >> 3);
  }

  #makeRoom(bits: number): void {
    const needed = ((this.#bit + bits + 7) >> 3) + 1;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}
