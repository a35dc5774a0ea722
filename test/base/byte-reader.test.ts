import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/base/byte-reader.ts';

const bytes = Buffer.from('0102030405060708fffffffe', 'hex');

function past(reader: ByteReader, skipped: number): ByteReader {
  reader.skip(skipped);
  return reader;
}

describe('ByteReader', () => {
  const reads: [string, (reader: ByteReader) => unknown, unknown][] = [
    ['one byte', (r) => r.u8(), 0x01],
    ['two bytes, big-endian', (r) => r.u16(), 0x0102],
    ['three bytes, big-endian', (r) => r.u24(), 0x010203],
    ['four bytes, big-endian', (r) => r.u32(), 0x01020304],
    ['eight bytes', (r) => r.u64(), 0x0102030405060708n],
    ['a signed value below zero', (r) => past(r, 8).i32(), -2],
    ['text', (r) => past(r, 8).ascii(1), 'ÿ'],
    ['what is left', (r) => past(r, 10).rest().toString('hex'), 'fffe'],
  ];
  it.each(reads)('reads %s', (_name, read, expected) => {
    expect(read(new ByteReader(bytes, 'sample'))).toEqual(expected);
  });

  it('says which thing ended too early, where, and what was left', () => {
    const reader = new ByteReader(bytes, 'box moov');
    reader.skip(10);
    expect(() => reader.u32()).toThrow('box moov: needs 4 bytes at offset 10, has 2');
  });

  it('refuses a negative length, which a wrong subtraction makes', () => {
    expect(() => new ByteReader(bytes, 'sample').bytes(-1)).toThrow('sample: needs -1 bytes');
  });

  it('refuses a 64-bit value that a double cannot hold', () => {
    expect(() => new ByteReader(Buffer.alloc(8, 0xff), 'stco').u64AsNumber()).toThrow('beyond 2^53');
  });

  it('hands out views, not copies', () => {
    const source = Buffer.from([1, 2, 3]);
    const view = new ByteReader(source, 'sample').bytes(2);
    source[0] = 9;
    expect(view[0]).toBe(9);
  });

  it('never reads past the end, whatever is asked of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(fc.integer({ min: -2, max: 20 })), (data, lengths) => {
        const reader = new ByteReader(Buffer.from(data), 'random');
        for (const length of lengths) {
          const before = reader.offset;
          try {
            expect(reader.bytes(length).length).toBe(length);
          } catch {
            expect(reader.offset).toBe(before); // a refused read moves nothing
          }
          expect(reader.offset + reader.remaining).toBe(data.length);
        }
      }),
    );
  });
});
