import { AppError } from '../base/errors.ts';

/** Exp-Golomb codes of real parameter sets stay far below; a longer run of zeros is damage. */
const MAX_LEADING_ZEROS = 31;

/** Reads bit by bit, most significant first, with the Exp-Golomb codes of H.264 §9.1 and H.265 §9.2. Bounds are checked here. */
export class BitReader {
  readonly #bytes: Buffer;
  readonly #what: string;
  #bit = 0;

  /** `what` names the thing being parsed, for the error message. */
  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length * 8 - this.#bit;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** Up to 32 bits, unsigned. */
  bits(count: number): number {
    if (count > this.remaining)
      throw new AppError('corrupt', `${this.#what}: needs ${count} bits, has ${this.remaining}`);
    let value = 0;
    for (let i = 0; i < count; i++, this.#bit++) {
      value = value * 2 + ((this.#bytes[this.#bit >> 3]! >> (7 - (this.#bit & 7))) & 1);
    }
    return value;
  }

  skip(count: number): void {
    if (count > this.remaining)
      throw new AppError('corrupt', `${this.#what}: skips ${count} bits, has ${this.remaining}`);
    this.#bit += count;
  }

  /** ue(v) */
  unsigned(): number {
    let zeros = 0;
    while (!this.flag()) {
      if (++zeros > MAX_LEADING_ZEROS)
        throw new AppError('corrupt', `${this.#what}: Exp-Golomb code of more than 32 bits`);
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v) */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2;
  }
}

/** A NAL unit without its emulation prevention bytes: 00 00 03 stands for 00 00 (H.264 §7.4.1, H.265 §7.4.2). */
export function removeEmulationPrevention(nal: Buffer): Buffer {
  if (nal.indexOf(EMULATION_PREVENTION) === -1) return nal;
  const clean = Buffer.allocUnsafe(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    clean[length++] = byte;
  }
  return clean.subarray(0, length);
}

const EMULATION_PREVENTION = Buffer.from([0, 0, 3]);
