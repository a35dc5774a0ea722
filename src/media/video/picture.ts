import { AppError, isAppError } from '../../base/errors.ts';
import type { BitReader } from '../bit-reader.ts';

/** What the stream itself says about its frame rate. Cameras often say something else than they do: a hint, never a clock. */
export interface PictureTiming {
  readonly framesPerSecond: number;
  readonly isFixedRate: boolean;
}

/** 16K: larger than every level of either standard allows. What exceeds it comes from damaged bytes. */
const MAX_PICTURE_SIDE = 16_384;

/** Reads the cropping (conformance) window that both standards have in the same form, and applies it. */
export function cropped(
  reader: BitReader,
  what: string,
  coded: { width: number; height: number; unitX: number; unitY: number },
): { width: number; height: number } {
  let { width, height } = coded;
  if (reader.flag()) {
    const croppedWidth = width - (reader.unsigned() + reader.unsigned()) * coded.unitX;
    const croppedHeight = height - (reader.unsigned() + reader.unsigned()) * coded.unitY;
    // Cropping that leaves nothing is nonsense, and the rest of the set may be right.
    if (croppedWidth > 0 && croppedHeight > 0) [width, height] = [croppedWidth, croppedHeight];
  }
  if (width < 1 || height < 1 || width > MAX_PICTURE_SIDE || height > MAX_PICTURE_SIDE) {
    throw new AppError('corrupt', `${what}: picture of ${width}x${height}, 1 to ${MAX_PICTURE_SIDE} are possible`);
  }
  return { width, height };
}

/** Undefined for what ends early or is nonsense: several cameras write such things into parts that the stream plays without. */
export function tryRead<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isAppError(error, 'corrupt')) return undefined;
    throw error;
  }
}
