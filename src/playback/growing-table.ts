/** 32-bit big-endian words, one after the other, in memory that doubles: a table of an MP4 in the form in which it is sent. */
export class GrowingTable {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  get count(): number {
    return this.#length / 4;
  }

  /** Negative values take two's complement, as signed fields do. */
  push(word: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    this.#length = this.#bytes.writeUInt32BE(word >>> 0, this.#length);
  }

  /** A view. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

const FIRST_BYTES = 4096;
