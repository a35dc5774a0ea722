import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import {
  box,
  descend,
  findUuid,
  readBoxes,
  readBoxHeader,
  readU64,
  u64,
  uuidBox,
} from '../../../src/media/fmp4/box.ts';

describe('readBoxes', () => {
  it('gives back what box() made, at any nesting', () => {
    const leaf = box('leaf', Buffer.from('content'));
    const [root] = readBoxes(box('root', box('skip'), box('twig', leaf)));
    expect(descend(root!, 'twig', 'leaf').body.toString()).toBe('content');
  });

  it('reads a size of 64 bits', () => {
    const large = Buffer.concat([Buffer.from('00000001', 'hex'), Buffer.from('mdat'), u64(20), Buffer.alloc(4, 7)]);
    expect(readBoxHeader(large, 0)).toEqual({ type: 'mdat', headerBytes: 16, sizeBytes: 20 });
    expect(readBoxes(large)[0]!.body).toEqual(Buffer.alloc(4, 7));
  });

  it.each([
    ['a box that reaches beyond its parent', '0000000c66726565'],
    ['a size smaller than the header', '0000000766726565'],
    ['size 0, which we never write', '0000000066726565'],
    ['half a header', '00000008'],
    ['a 64-bit size beyond 2^53', '000000016d646174ffffffffffffffff'],
    ['a 64-bit size smaller than its header', '000000016d646174000000000000000f'],
  ])('refuses %s', (_name, hex) => {
    expect(() => readBoxes(Buffer.from(hex, 'hex'))).toThrow(AppError);
  });

  it('ends in boxes or in an AppError, whatever it is fed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const boxes = readBoxes(Buffer.from(bytes));
          expect(boxes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });

  it('refuses every proper beginning of a box', () => {
    const whole = box('root', box('leaf', Buffer.alloc(5)), box('free'));
    for (let length = 1; length < whole.length; length++) {
      expect(() => readBoxes(whole.subarray(0, length))).toThrow(AppError);
    }
  });
});

describe('uuid boxes', () => {
  it('are found by their type, and only by it', () => {
    const boxes = readBoxes(
      Buffer.concat([uuidBox('holdfastcontents', Buffer.from('a')), uuidBox('holdfastidentity', Buffer.from('b'))]),
    );
    expect(findUuid(boxes, 'holdfastidentity')?.toString()).toBe('b');
    expect(findUuid(boxes, 'holdfastfragment')).toBeUndefined();
  });
});

it('64-bit values survive, up to 2^53', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => readU64(u64(value), 0) === value));
  expect(() => readU64(Buffer.alloc(8, 0xff), 0)).toThrow(AppError);
});
