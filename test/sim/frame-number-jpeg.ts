import type { FrameNumber } from './frame-number-sei.ts';

/*
 * A JPEG has no place for a number that survives RTP, which carries the compressed data alone: it stands behind the end of the image, where
 * decoders stop. In letters, so that no receiver takes a byte of it for a marker:
 *
 *     uuid (32 digits) | camera (8 digits) | frame (16 digits)      all hexadecimal
 */
const UUID = '686f6c6464666173742d6a7065670001';
export const FRAME_NUMBER_TRAILER_BYTES = UUID.length + 8 + 16;

export function buildFrameNumberTrailer(number: FrameNumber): Buffer {
  const digits = (value: number, length: number) => value.toString(16).padStart(length, '0');
  return Buffer.from(UUID + digits(number.camera, 8) + digits(number.frame, 16), 'latin1');
}

/** From a JPEG file or its end; undefined when there is none. */
export function parseFrameNumberTrailer(jpeg: Buffer): FrameNumber | undefined {
  const at = jpeg.lastIndexOf(UUID, undefined, 'latin1');
  if (at < 0 || at + FRAME_NUMBER_TRAILER_BYTES > jpeg.length) return undefined;
  const digits = jpeg.toString('latin1', at + UUID.length, at + FRAME_NUMBER_TRAILER_BYTES);
  if (!/^[0-9a-f]+$/.test(digits)) return undefined;
  return { camera: Number.parseInt(digits.slice(0, 8), 16), frame: Number.parseInt(digits.slice(8), 16) };
}
