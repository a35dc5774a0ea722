import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteRange, parseByteRange } from '../../src/servers/admin/byte-range.ts';

describe('range of bytes of 1000', () => {
  const cases: [name: string, header: string | undefined, range: ByteRange | undefined][] = [
    ['no header', undefined, undefined],
    ['a range', 'bytes=0-99', { start: 0, end: 100 }],
    ['to the end', 'bytes=900-', { start: 900, end: 1000 }],
    ['the last bytes', 'bytes=-100', { start: 900, end: 1000 }],
    ['more than there is', 'bytes=900-5000', { start: 900, end: 1000 }],
    ['the last bytes, more than there are', 'bytes=-5000', { start: 0, end: 1000 }],
    ['one byte', 'bytes=999-999', { start: 999, end: 1000 }],
    ['beyond the end', 'bytes=1000-', 'unsatisfiable'],
    ['the last no bytes', 'bytes=-0', 'unsatisfiable'],
    ['backwards: not valid, so the whole', 'bytes=5-4', undefined],
    ['several: the whole, as the standard allows', 'bytes=0-1,5-6', undefined],
    ['another unit', 'seconds=0-1', undefined],
    ['nothing', 'bytes=-', undefined],
    ['a number that no file has', `bytes=${'9'.repeat(40)}-`, undefined],
  ];
  test.each(cases)('%s', (_name, header, range) => {
    expect(parseByteRange(header, 1000)).toEqual(range);
  });
});

test('whatever the header says, a range lies within what there is', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
  );
  fc.assert(
    fc.property(header, fc.nat(5000), (text, size) => {
      const range = parseByteRange(text, size);
      if (range === undefined || range === 'unsatisfiable') return;
      expect(range.start).toBeLessThan(range.end);
      expect(range.end).toBeLessThanOrEqual(size);
    }),
  );
});
