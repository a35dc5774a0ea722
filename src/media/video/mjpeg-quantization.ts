import { quantizationTables, TABLE_BYTES } from './mjpeg-tables.ts';

/** Quantisation tables as one picture uses them. The same object as long as they are the same. */
export interface TableSet {
  readonly tables: Buffer;
  /** Bit n set: table n has 16 bits a value. */
  readonly precision: number;
}

/** From here on the tables are in the stream (RFC 2435 §3.1.8). */
const FIRST_IN_BAND = 128;

const TABLE_HEADER_BYTES = 4;
/** Four tables of 16 bits a value. */
const MAX_TABLES_BYTES = 4 * 2 * TABLE_BYTES;

/** Finds the tables that a picture's Q means: computed, in the packet, or kept from an earlier picture with the same Q. */
export class JpegTables {
  readonly #byQ = new Map<number, TableSet>();
  #last: TableSet | undefined;

  isInBand(q: number): boolean {
    return q >= FIRST_IN_BAND;
  }

  /** `bytes[at, end)` begins with the table header when they are in-band. Undefined when it is damaged, or what it refers to never came. */
  find(q: number, bytes: Buffer, at: number, end: number): TableSet | undefined {
    const found = this.isInBand(q) ? this.#readTables(q, bytes, at, end) : this.#computed(q);
    this.#last = found ?? this.#last;
    return found;
  }

  #computed(q: number): TableSet {
    // ONVIF: 0 stands for those of the picture before.
    if (q === 0 && this.#last !== undefined) return this.#last;
    const known = this.#byQ.get(q);
    if (known !== undefined) return known;
    const set = { tables: quantizationTables(q), precision: 0 };
    this.#byQ.set(q, set);
    return set;
  }

  #readTables(q: number, bytes: Buffer, at: number, end: number): TableSet | undefined {
    if (at + TABLE_HEADER_BYTES > end) return undefined;
    const precision = bytes[at + 1]!;
    const length = bytes.readUInt16BE(at + 2);
    const from = at + TABLE_HEADER_BYTES;
    if (length === 0) return this.#byQ.get(q);
    if (length < TABLE_BYTES || length > MAX_TABLES_BYTES || from + length > end) return undefined;
    const known = this.#byQ.get(q);
    const isSame =
      known !== undefined &&
      known.precision === precision &&
      known.tables.length === length &&
      known.tables.compare(bytes, from, from + length) === 0;
    if (isSame) return known;
    const set = { tables: Buffer.from(bytes.subarray(from, from + length)), precision };
    this.#byQ.set(q, set);
    return set;
  }
}
