import { expect, test } from 'vitest';
import { buildFrameNumberTrailer, FRAME_NUMBER_TRAILER_BYTES, parseFrameNumberTrailer } from './frame-number-jpeg.ts';

test.each([
  { camera: 1, frame: 0 },
  { camera: 254, frame: 2 ** 40 + 5 },
])('number %j comes back from behind a picture, whatever a receiver puts behind it', (number) => {
  const trailer = buildFrameNumberTrailer(number);
  expect(trailer.length).toBe(FRAME_NUMBER_TRAILER_BYTES);
  expect(trailer.includes(0xff)).toBe(false);
  const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 1, 2, 3, 0xff, 0xd9]), trailer, Buffer.from([0xff, 0xd9])]);
  expect(parseFrameNumberTrailer(jpeg)).toEqual(number);
});

test('a picture without, or with half of it, has no number', () => {
  const trailer = buildFrameNumberTrailer({ camera: 1, frame: 1 });
  expect(parseFrameNumberTrailer(Buffer.from([0xff, 0xd8, 0xff, 0xd9]))).toBeUndefined();
  expect(parseFrameNumberTrailer(trailer.subarray(0, -1))).toBeUndefined();
  expect(parseFrameNumberTrailer(Buffer.concat([trailer.subarray(0, -1), Buffer.from('?')]))).toBeUndefined();
});
