import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLine, encodeLine } from '../../src/base/ndjson.ts';

const line = encodeLine({ n: 12, kind: 'gap', detail: 'no answer, "bay 1"' }).trimEnd();

describe('lines with a checksum', () => {
  it('come back as they were written', () => {
    expect(decodeLine(line)).toEqual({ n: 12, kind: 'gap', detail: 'no answer, "bay 1"' });
  });

  it.each([
    ['cut by a power loss', line.slice(0, -3)],
    ['with one digit changed', line.replace('12', '13')],
    ['without a checksum', '{"n":12}'],
    ['empty', ''],
    ['zeroes', '\0'.repeat(40)],
    ['that holds a list instead of an object', '[1,"crc":"00000000"}'],
  ])('are refused when %s', (_name, damaged) => {
    expect(decodeLine(damaged)).toBeUndefined();
  });

  it('may hold a field whose text looks like a checksum', () => {
    const value = { n: 1, detail: 'x","crc":"00000000"}' };
    expect(decodeLine(encodeLine(value).trimEnd())).toEqual(value);
  });

  it('hold any object, and any cut of one is refused', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, seed) => {
        const object = { ...value, n: 1 };
        delete (object as Record<string, unknown>).crc;
        const text = encodeLine(object).trimEnd();
        expect(decodeLine(text)).toEqual(JSON.parse(JSON.stringify(object)));
        expect(decodeLine(text.slice(0, seed % text.length))).toBeUndefined();
      }),
    );
  });
});
