import { describe, expect, it } from 'vitest';
import { countCopiedBytes } from '../../bench/intake/copied-bytes.ts';

describe('counting copied bytes', () => {
  const bytes = Buffer.alloc(100);
  it.each<[string, () => unknown, number]>([
    ['copy', () => bytes.copy(Buffer.alloc(50), 0, 10, 30), 20],
    ['copy into too little room', () => bytes.copy(Buffer.alloc(50)), 50],
    ['set', () => Buffer.alloc(200).set(bytes, 10), 100],
    ['copyWithin', () => Buffer.alloc(100).copyWithin(0, 40), 60],
    ['Buffer.from another', () => Buffer.from(bytes), 100],
    ['slice of a plain array', () => new Uint8Array(100).slice(0, 30), 30],
    ['views, which copy nothing', () => bytes.subarray(10), 0],
    ['nothing', () => undefined, 0],
  ])('sees %s', (_name, work, expected) => {
    expect(countCopiedBytes(work)).toBe(expected);
  });

  it('leaves everything as it was, also after an exception', () => {
    const before = Buffer.prototype.copy;
    expect(() =>
      countCopiedBytes(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(Buffer.prototype.copy).toBe(before);
  });
});
