import { AppError } from '../../base/errors.ts';
import { BOX_HEADER_BYTES, type Box, readBoxes, readBoxHeader, readU64, requireBox } from './box.ts';
import type { Run, Sample } from './fragment.ts';
import {
  AUDIO_TRACK_ID,
  FRAGMENT_UUID,
  HASH_BYTES,
  KEY_SAMPLE_FLAGS,
  MAX_FRAGMENT_BYTES,
  NTP_EPOCH_OFFSET_S,
  PRFT_BYTES,
  SAMPLE_RECORD_BYTES,
  TAIL_BYTES,
  TFHD_DEFAULT_BASE_IS_MOOF,
  TRUN_FLAGS,
  VIDEO_TRACK_ID,
} from './fragment-layout.ts';

/** A `moof` describes what half a second brings; one of a megabyte would be 60,000 samples. */
const MAX_HEAD_BYTES = 1024 * 1024;

/** So many bytes say how long the head is. */
export const FRAGMENT_PROBE_BYTES = PRFT_BYTES + BOX_HEADER_BYTES;

export interface RunHead {
  readonly baseDecodeTime: number;
  /** 16 bytes a sample; a view of the head. */
  readonly records: Buffer;
  /** All samples of the run together. */
  readonly sizeBytes: number;
}

export interface FragmentHead {
  readonly sequence: number;
  readonly wallUtcMs: number;
  /** Up to the first sample. */
  readonly headBytes: number;
  readonly dataBytes: number;
  /** With head and tail. */
  readonly sizeBytes: number;
  readonly video?: RunHead | undefined;
  readonly audio?: RunHead | undefined;
}

/**
 * Length of the head of the fragment that begins with these bytes; undefined when they are too few, or when something else begins
 * here (a closing `moov`, zeros, nothing). Throws AppError `corrupt` for a head that cannot be one of ours.
 */
export function fragmentHeadBytes(bytes: Buffer): number | undefined {
  if (bytes.length < FRAGMENT_PROBE_BYTES || bytes.toString('latin1', 4, 8) !== 'prft') return undefined;
  const prftBytes = bytes.readUInt32BE(0);
  const moof = readBoxHeader(bytes, PRFT_BYTES);
  if (prftBytes !== PRFT_BYTES || moof?.type !== 'moof' || moof.headerBytes !== BOX_HEADER_BYTES) {
    throw new AppError('corrupt', `fragment: a 'prft' of ${prftBytes} bytes is followed by '${moof?.type}'`);
  }
  const headBytes = PRFT_BYTES + moof.sizeBytes + BOX_HEADER_BYTES;
  if (headBytes > MAX_HEAD_BYTES) throw new AppError('corrupt', `fragment: head of ${headBytes} bytes`);
  return headBytes;
}

/** `head` has exactly the bytes that `fragmentHeadBytes` asked for. Throws AppError `corrupt`. */
export function parseFragmentHead(head: Buffer): FragmentHead {
  const [prft, moof] = readBoxes(head.subarray(0, head.length - BOX_HEADER_BYTES));
  const mdat = readBoxHeader(head, head.length - BOX_HEADER_BYTES);
  if (prft?.type !== 'prft' || moof?.type !== 'moof' || mdat?.type !== 'mdat')
    throw corrupt('its boxes are out of order');
  const dataBytes = mdat.sizeBytes - BOX_HEADER_BYTES;
  const sizeBytes = head.length + dataBytes + TAIL_BYTES;
  if (sizeBytes > MAX_FRAGMENT_BYTES) throw corrupt(`${sizeBytes} bytes exceed the limit of ${MAX_FRAGMENT_BYTES}`);

  const children = readBoxes(moof.body);
  const runs = new Map<number, RunHead>();
  let dataOffset = head.length - PRFT_BYTES;
  for (const traf of children.filter(({ type }) => type === 'traf')) {
    const { trackId, run } = parseTraf(traf, dataOffset);
    if (runs.has(trackId) || (trackId !== VIDEO_TRACK_ID && trackId !== AUDIO_TRACK_ID))
      throw corrupt(`track ${trackId}`);
    runs.set(trackId, run);
    dataOffset += run.sizeBytes;
  }
  if (runs.size === 0) throw corrupt('no samples');
  if (dataOffset !== head.length - PRFT_BYTES + dataBytes) throw corrupt('sizes of samples do not add up to the mdat');
  return {
    sequence: requireBody(requireBox(children, 'mfhd'), 8).readUInt32BE(4),
    wallUtcMs: ntpToUtcMs(prft.body.readUInt32BE(8), prft.body.readUInt32BE(12)),
    headBytes: head.length,
    dataBytes,
    sizeBytes,
    video: runs.get(VIDEO_TRACK_ID),
    audio: runs.get(AUDIO_TRACK_ID),
  };
}

/** The hash in the last bytes of a fragment; undefined when they are something else. */
export function parseFragmentTail(tail: Buffer): Buffer | undefined {
  if (tail.length !== TAIL_BYTES || tail.readUInt32BE(0) !== TAIL_BYTES) return undefined;
  if (tail.toString('latin1', 4, 24) !== `uuid${FRAGMENT_UUID}`) return undefined;
  return tail.subarray(TAIL_BYTES - HASH_BYTES);
}

/** The samples of a run, views into `data`, which begins with the run's first sample. */
export function runOf(run: RunHead, data: Buffer): Run {
  const samples: Sample[] = [];
  let offset = 0;
  for (let at = 0; at < run.records.length; at += SAMPLE_RECORD_BYTES) {
    const sizeBytes = run.records.readUInt32BE(at + 4);
    samples.push({
      data: data.subarray(offset, offset + sizeBytes),
      duration: run.records.readUInt32BE(at),
      compositionOffset: run.records.readInt32BE(at + 12),
      isKey: run.records.readUInt32BE(at + 8) === KEY_SAMPLE_FLAGS,
    });
    offset += sizeBytes;
  }
  return { baseDecodeTime: run.baseDecodeTime, samples };
}

function parseTraf(traf: Box, dataOffset: number): { trackId: number; run: RunHead } {
  const [tfhd, tfdt, trun] = readBoxes(traf.body);
  if (tfhd?.type !== 'tfhd' || tfdt?.type !== 'tfdt' || trun?.type !== 'trun') throw corrupt('traf without its boxes');
  const track = requireBody(tfhd, 8);
  const time = requireBody(tfdt, 12);
  const samples = requireBody(trun, 12);
  if (track.readUInt32BE(0) !== TFHD_DEFAULT_BASE_IS_MOOF) throw corrupt('tfhd is not of version 1 of the archive');
  if (samples.readUInt32BE(0) !== 2 ** 24 + TRUN_FLAGS) throw corrupt('trun is not of version 1 of the archive');
  const records = samples.subarray(12);
  if (records.length !== samples.readUInt32BE(4) * SAMPLE_RECORD_BYTES || records.length === 0) {
    throw corrupt(`trun of ${records.length} bytes for ${samples.readUInt32BE(4)} samples`);
  }
  if (samples.readUInt32BE(8) !== dataOffset) throw corrupt('samples do not lie one after the other');
  let sizeBytes = 0;
  for (let at = 4; at < records.length; at += SAMPLE_RECORD_BYTES) sizeBytes += records.readUInt32BE(at);
  return { trackId: track.readUInt32BE(4), run: { baseDecodeTime: readU64(time, 4), records, sizeBytes } };
}

function requireBody(box: Box, bytes: number): Buffer {
  if (box.body.length < bytes) throw corrupt(`'${box.type}' of ${box.body.length} bytes`);
  return box.body;
}

/** NTP seconds begin again in 2036: what would lie before 1970 belongs to the next era. */
function ntpToUtcMs(seconds: number, fraction: number): number {
  const sinceNtpEpoch = seconds < NTP_EPOCH_OFFSET_S ? seconds + 2 ** 32 : seconds;
  return (sinceNtpEpoch - NTP_EPOCH_OFFSET_S) * 1000 + Math.round((fraction / 2 ** 32) * 1000);
}

function corrupt(detail: string): AppError {
  return new AppError('corrupt', `fragment: ${detail}`);
}
