/** Writes bit by bit, most significant first, into a buffer that grows. */
export class BitWriter {
  #buffer: Buffer;
  /** Whole bytes written. */
  #length = 0;
  /** Up to seven bits that wait for the rest of their byte. */
  #waiting = 0;
  #waitingBits = 0;

  constructor(expectedBytes: number) {
    this.#buffer = Buffer.allocUnsafe(expectedBytes);
  }

  /** The low `count` (up to 32) bits of `value`. */
  bits(value: number, count: number): void {
    if (count > 16) {
      this.#put(value >>> 16, count - 16);
      this.#put(value, 16);
    } else {
      this.#put(value, count);
    }
  }

  /** `zeros` times 0, then 1. */
  unary(zeros: number): void {
    let left = zeros;
    for (; left > 16; left -= 16) this.#put(0, 16);
    this.#put(0, left);
    this.#put(1, 1);
  }

  /** Rice code of a value that is not negative: the part above the parameter (up to 16) unary, the rest in bits. */
  rice(value: number, parameter: number): void {
    const high = value >>> parameter;
    const length = high + 1 + parameter;
    if (length <= 16) {
      this.#put((1 << parameter) | (value & ((1 << parameter) - 1)), length);
      return;
    }
    this.unary(high);
    this.#put(value, parameter);
  }

  align(): void {
    if (this.#waitingBits > 0) this.#put(0, 8 - this.#waitingBits);
  }

  /** A view of what is written, the last byte padded with zeros. */
  bytes(): Buffer {
    if (this.#waitingBits === 0) return this.#buffer.subarray(0, this.#length);
    this.#makeRoom();
    this.#buffer[this.#length] = this.#waiting << (8 - this.#waitingBits);
    return this.#buffer.subarray(0, this.#length + 1);
  }

  /** Up to 16 bits: with those that wait they fit into a small integer. */
  #put(value: number, count: number): void {
    let waiting = (this.#waiting << count) | (value & ((1 << count) - 1));
    let waitingBits = this.#waitingBits + count;
    if (waitingBits >= 8) {
      this.#makeRoom();
      while (waitingBits >= 8) {
        waitingBits -= 8;
        this.#buffer[this.#length++] = waiting >> waitingBits;
      }
      waiting &= (1 << waitingBits) - 1;
    }
    this.#waiting = waiting;
    this.#waitingBits = waitingBits;
  }

  /** For what one `put` can add. */
  #makeRoom(): void {
    if (this.#length + 4 <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * this.#buffer.length + 16);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
