import { AppError } from './errors.ts';

/** Reads big-endian values from bytes that came from outside; the one place where their bounds are checked. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #what: string;
  #offset = 0;

  /** `what` names the thing being parsed, for the error message. */
  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  u24(): number {
    return this.#bytes.readUIntBE(this.#take(3), 3);
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  i32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  /** A 64-bit value that must fit a double exactly, such as a file offset. */
  u64AsNumber(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#error(`64-bit value ${value} is beyond 2^53`);
    return Number(value);
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  ascii(length: number): string {
    return this.bytes(length).toString('latin1');
  }

  skip(length: number): void {
    this.#take(length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw this.#error(`needs ${length} bytes at offset ${this.#offset}, has ${this.remaining}`);
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }

  #error(detail: string): AppError {
    return new AppError('corrupt', `${this.#what}: ${detail}`);
  }
}
