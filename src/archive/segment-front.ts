import { AppError } from '../base/errors.ts';
import { readFully } from '../disk/raw-file.ts';
import { findUuid, LARGE_BOX_HEADER_BYTES, readBoxes, readBoxHeader } from '../media/fmp4/box.ts';
import { decodeIdentity, IDENTITY_UUID, type SegmentIdentity } from './identity.ts';
import { HEADER_OFFSET } from './segment-tables.ts';

/** Enough for `ftyp`, the reserve and the init `moov` of every camera seen so far; more is read when it is not. */
const FRONT_BYTES = 4096;
/** An init `moov` holds parameter sets and a page of JSON. */
const MAX_INIT_BYTES = 1024 * 1024;

/** The beginning of a segment file. */
export interface SegmentFront {
  readonly identity: SegmentIdentity;
  /** As it stands in the file; the hash chain starts from it. */
  readonly identityPayload: Buffer;
  /** The init `moov`, for `EXT-X-MAP`. */
  readonly init: { readonly offset: number; readonly sizeBytes: number };
  /** Where the closing `moov` lies; undefined while the file is open. */
  readonly moovOffset: number | undefined;
  readonly firstFragmentOffset: number;
}

/** Throws AppError `corrupt` when this is not the beginning of a segment. */
export async function readSegmentFront(fd: number): Promise<SegmentFront> {
  let bytes = Buffer.alloc(FRONT_BYTES);
  bytes = bytes.subarray(0, await readFully(fd, bytes, 0));
  const initOffset = HEADER_OFFSET + LARGE_BOX_HEADER_BYTES;
  const isOurs = bytes.toString('latin1', 4, 8) === 'ftyp';
  const header = isOurs ? readBoxHeader(bytes, HEADER_OFFSET) : undefined;
  const init = isOurs ? readBoxHeader(bytes, initOffset) : undefined;
  if (init?.type !== 'moov' || header === undefined) {
    throw new AppError('corrupt', 'the file does not begin like a segment');
  }
  if (init.sizeBytes > MAX_INIT_BYTES) throw new AppError('corrupt', `init moov of ${init.sizeBytes} bytes`);
  const end = initOffset + init.sizeBytes;
  if (end > bytes.length) {
    bytes = Buffer.alloc(end);
    if ((await readFully(fd, bytes, 0)) < end) throw new AppError('corrupt', 'the file ends within its init moov');
  }
  const identityPayload = findUuid(readBoxes(bytes.subarray(initOffset + init.headerBytes, end)), IDENTITY_UUID);
  if (identityPayload === undefined) throw new AppError('corrupt', 'the init moov holds no identity');
  return {
    identity: decodeIdentity(identityPayload),
    identityPayload: Buffer.from(identityPayload),
    init: { offset: initOffset, sizeBytes: init.sizeBytes },
    moovOffset: header.type === 'mdat' ? HEADER_OFFSET + header.sizeBytes : undefined,
    firstFragmentOffset: end,
  };
}
