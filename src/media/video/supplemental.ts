import { BitReader, removeEmulationPrevention } from '../bit-reader.ts';
import { tryRead } from './picture.ts';

const RECOVERY_POINT = 6;

/**
 * The recovery point in a SEI NAL unit (H.264 §D.1.8, H.265 §D.2.8), or undefined when there is none: how many pictures after this one
 * everything is right even if decoding began here. The two standards count frames and picture order; 0 means the same in both.
 */
export function recoveryPointOf(nal: Buffer, headerBytes: number): number | undefined {
  // Most SEI are a camera's own data, of which only type and size are looked at.
  const bytes = removeEmulationPrevention(nal);
  for (let at = headerBytes; at + 2 < bytes.length; ) {
    let type = 0;
    let size = 0;
    for (; bytes[at] === 0xff; at++) type += 0xff;
    type += bytes[at++] ?? 0;
    for (; bytes[at] === 0xff; at++) size += 0xff;
    size += bytes[at++] ?? 0;
    if (type === RECOVERY_POINT) return countIn(bytes.subarray(at, at + size), headerBytes === 1);
    at += size;
  }
  return undefined;
}

function countIn(message: Buffer, isUnsigned: boolean): number | undefined {
  const reader = new BitReader(message, 'recovery point');
  return tryRead(() => Math.max(0, isUnsigned ? reader.unsigned() : reader.signed()));
}
