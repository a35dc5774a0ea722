import { AppError } from '../base/errors.ts';
import { readU64, uuidBox, writeU64 } from '../media/fmp4/box.ts';

/*
 * The fragments of a closed segment, in a `uuid` box of its closing `moov`, so that groups of pictures and their places are known
 * without walking the file: version (1 byte), flags (3 bytes), count (4 bytes), then 36 bytes for each fragment.
 */
export const CONTENTS_UUID = 'holdfastcontents';

/** The addressable unit of footage; `index` counts from 0 within its segment. */
export interface FragmentInfo {
  readonly index: number;
  /** Of its `prft`, in the file. */
  readonly offset: number;
  /** To the end of its hash. */
  readonly sizeBytes: number;
  /** Decoding time of the first sample since the segment's start, in 90 kHz whatever the track. */
  readonly mediaTime90k: number;
  /** Of the video in it; of sound where there is no video. */
  readonly duration90k: number;
  readonly wallUtcMs: number;
  /** A group of pictures begins with it. */
  readonly startsWithKey: boolean;
}

export interface Contents {
  readonly isRepaired: boolean;
  readonly fragments: readonly FragmentInfo[];
}

const HEAD_BYTES = 8;
const ENTRY_BYTES = 36;
const FLAG_REPAIRED = 1;
const FLAG_KEY = 1;

export function contentsBox({ isRepaired, fragments }: Contents): Buffer {
  const payload = Buffer.alloc(HEAD_BYTES + fragments.length * ENTRY_BYTES);
  payload.writeUInt32BE(isRepaired ? FLAG_REPAIRED : 0, 0);
  payload.writeUInt32BE(fragments.length, 4);
  fragments.forEach((fragment, i) => {
    let at = HEAD_BYTES + i * ENTRY_BYTES;
    at = writeU64(payload, fragment.offset, at);
    at = payload.writeUInt32BE(fragment.sizeBytes, at);
    at = payload.writeUInt32BE(fragment.startsWithKey ? FLAG_KEY : 0, at);
    at = writeU64(payload, fragment.mediaTime90k, at);
    at = payload.writeUInt32BE(fragment.duration90k, at);
    writeU64(payload, fragment.wallUtcMs, at);
  });
  return uuidBox(CONTENTS_UUID, payload);
}

export function parseContents(payload: Buffer): Contents {
  const count = payload.length >= HEAD_BYTES ? payload.readUInt32BE(4) : -1;
  if (payload.length !== HEAD_BYTES + count * ENTRY_BYTES) {
    throw new AppError('corrupt', `contents of the segment: ${payload.length} bytes do not hold ${count} fragments`);
  }
  const fragments = Array.from({ length: count }, (_, index) => {
    const at = HEAD_BYTES + index * ENTRY_BYTES;
    return {
      index,
      offset: readU64(payload, at),
      sizeBytes: payload.readUInt32BE(at + 8),
      startsWithKey: (payload.readUInt32BE(at + 12) & FLAG_KEY) !== 0,
      mediaTime90k: readU64(payload, at + 16),
      duration90k: payload.readUInt32BE(at + 24),
      wallUtcMs: readU64(payload, at + 28),
    };
  });
  return { isRepaired: (payload.readUInt32BE(0) & FLAG_REPAIRED) !== 0, fragments };
}
