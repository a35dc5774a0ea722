import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildFrameNumberSei, parseFrameNumberSei } from './frame-number-sei.ts';
import { extractFrameNumbers } from './frame-numbers.ts';

const codecs = ['h264', 'h265'] as const;

describe.each(codecs)('the frame number in %s', (codec) => {
  test.each([
    ['the first frame of camera 1', { camera: 1, frame: 0 }],
    ['a number with a zero byte in its middle', { camera: 3, frame: 0x01000001 }],
    ['a number beyond 32 bits', { camera: 254, frame: 2 ** 32 + 7 }],
    ['the largest exact number', { camera: 2 ** 32 - 1, frame: Number.MAX_SAFE_INTEGER }],
  ])('%s comes back as it was', (_name, number) => {
    expect(parseFrameNumberSei(buildFrameNumberSei(codec, number), codec)).toEqual(number);
  });

  test('any number comes back, and never looks like a start code', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.maxSafeNat(), (camera, frame) => {
        const nal = buildFrameNumberSei(codec, { camera, frame });
        expect(parseFrameNumberSei(nal, codec)).toEqual({ camera, frame });
        for (let i = 0; i + 2 < nal.length; i++) {
          expect(nal[i] === 0 && nal[i + 1] === 0 && nal[i + 2]! < 3).toBe(false);
        }
      }),
    );
  });

  test('other SEI and random bytes have none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const header = codec === 'h264' ? [6] : [39 << 1, 1];
        expect(parseFrameNumberSei(Buffer.from([...header, ...bytes]), codec)).toBeUndefined();
      }),
    );
  });

  test('it is found behind other NAL units of a sample, and not in a sample that was cut before it', () => {
    const nal = buildFrameNumberSei(codec, { camera: 9, frame: 1234 });
    const other = Buffer.from(codec === 'h264' ? [9, 0xf0] : [35 << 1, 1, 0x50]);
    const sample = Buffer.concat([length(other), other, length(nal), nal]);
    expect(extractFrameNumbers(sample, codec)).toEqual({ camera: 9, frame: 1234 });
    for (let cut = 0; cut < sample.length; cut++) {
      expect(extractFrameNumbers(sample.subarray(0, cut), codec)).toBeUndefined();
    }
  });
});

function length(nal: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(nal.length);
  return bytes;
}
