import { AppError } from '../../base/errors.ts';
import { BOX_HEADER_BYTES, writeBoxHeader, writeU64 } from './box.ts';
import { fragmentHash } from './fragment-hash.ts';
import {
  AUDIO_TRACK_ID,
  DELTA_SAMPLE_FLAGS,
  FRAGMENT_UUID,
  KEY_SAMPLE_FLAGS,
  MAX_FRAGMENT_BYTES,
  MFHD_BYTES,
  NTP_EPOCH_OFFSET_S,
  PRFT_BYTES,
  SAMPLE_RECORD_BYTES,
  TAIL_BYTES,
  TFDT_BYTES,
  TFHD_BYTES,
  TFHD_DEFAULT_BASE_IS_MOOF,
  TRUN_FLAGS,
  TRUN_HEAD_BYTES,
  VIDEO_TRACK_ID,
} from './fragment-layout.ts';

export interface Sample {
  /** Video: NAL units behind 4-byte lengths. Sound: what the camera put into one packet. */
  readonly data: Buffer;
  /** Ticks until the next sample of the track is decoded. */
  readonly duration: number;
  /** Presentation time minus decoding time, in ticks; 0 without B-frames, may be negative. */
  readonly compositionOffset: number;
  readonly isKey: boolean;
}

/** Samples of one track, in decoding order without a break. A break in time begins a new fragment. */
export interface Run {
  /** Ticks since the start of the segment: 90,000 a second for video, the sample rate for sound. */
  readonly baseDecodeTime: number;
  readonly samples: readonly Sample[];
}

export interface FragmentInput {
  /** Wall time of the first sample: of video if there is some, else of sound. Kept to the millisecond. */
  readonly wallUtcMs: number;
  readonly video?: Run | undefined;
  readonly audio?: Run | undefined;
}

export interface BuiltFragment {
  /** What goes to the file, in order. Samples that lie side by side in memory are one buffer. */
  readonly buffers: Buffer[];
  readonly sizeBytes: number;
  /** Bytes before the first sample. */
  readonly headBytes: number;
  /** The sample records of each track, views into the head. */
  readonly videoRecords: Buffer | undefined;
  readonly audioRecords: Buffer | undefined;
  /** Sizes of the samples of each track together. */
  readonly videoBytes: number;
  readonly audioBytes: number;
}

/** A fragment for an archive file: with its link of the hash chain behind it. */
export function buildFragment(
  input: FragmentInput,
  place: { sequence: number; previousHash: Buffer },
): BuiltFragment & { hash: Buffer } {
  const plain = buildPlainFragment(input, place.sequence);
  const samples = plain.buffers.slice(1);
  const hash = fragmentHash(place.previousHash, input, plain.videoRecords, plain.audioRecords, samples);
  const tail = Buffer.allocUnsafe(TAIL_BYTES);
  const userType = writeBoxHeader(tail, 0, 'uuid', TAIL_BYTES);
  tail.write(FRAGMENT_UUID, userType, 16, 'latin1');
  tail.writeUInt32BE(0, userType + 16);
  hash.copy(tail, userType + 20);
  plain.buffers.push(tail);
  return { ...plain, sizeBytes: plain.sizeBytes + TAIL_BYTES, hash };
}

/** A fragment without a hash, for live views. */
export function buildPlainFragment(input: FragmentInput, sequence: number): BuiltFragment {
  const videoSamples = input.video?.samples ?? [];
  const audioSamples = input.audio?.samples ?? [];
  const headBytes = headSize(videoSamples.length, audioSamples.length);
  const head = Buffer.allocUnsafe(headBytes);
  const moofOffset = PRFT_BYTES;
  const moofBytes = headBytes - PRFT_BYTES - BOX_HEADER_BYTES;

  let at = writePrft(head, input);
  at = writeBoxHeader(head, at, 'moof', moofBytes);
  at = writeBoxHeader(head, at, 'mfhd', MFHD_BYTES);
  at = head.writeUInt32BE(0, at);
  at = head.writeUInt32BE(sequence % 2 ** 32, at);

  let videoRecords: Buffer | undefined;
  let audioRecords: Buffer | undefined;
  let videoBytes = 0;
  let audioBytes = 0;
  const dataOffset = headBytes - moofOffset;
  if (input.video !== undefined && videoSamples.length > 0) {
    const end = writeTraf(head, at, VIDEO_TRACK_ID, input.video, dataOffset);
    videoRecords = head.subarray(end - videoSamples.length * SAMPLE_RECORD_BYTES, end);
    videoBytes = sumOfSizes(videoSamples);
    at = end;
  }
  if (input.audio !== undefined && audioSamples.length > 0) {
    const end = writeTraf(head, at, AUDIO_TRACK_ID, input.audio, dataOffset + videoBytes);
    audioRecords = head.subarray(end - audioSamples.length * SAMPLE_RECORD_BYTES, end);
    audioBytes = sumOfSizes(audioSamples);
    at = end;
  }
  const sizeBytes = headBytes + videoBytes + audioBytes;
  if (sizeBytes + TAIL_BYTES > MAX_FRAGMENT_BYTES) {
    throw new AppError('bad-input', `a fragment of ${sizeBytes} bytes exceeds the limit of ${MAX_FRAGMENT_BYTES}`);
  }
  writeBoxHeader(head, at, 'mdat', BOX_HEADER_BYTES + videoBytes + audioBytes);
  const buffers = [head];
  pushCoalesced(buffers, videoSamples, audioSamples);
  return { buffers, sizeBytes, headBytes, videoRecords, audioRecords, videoBytes, audioBytes };
}

function headSize(videoCount: number, audioCount: number): number {
  const trafBytes = (count: number) =>
    count === 0 ? 0 : BOX_HEADER_BYTES + TFHD_BYTES + TFDT_BYTES + TRUN_HEAD_BYTES + count * SAMPLE_RECORD_BYTES;
  return PRFT_BYTES + BOX_HEADER_BYTES + MFHD_BYTES + trafBytes(videoCount) + trafBytes(audioCount) + BOX_HEADER_BYTES;
}

/** Of `prft`: the time is that of capture, as well as it is known. */
const PRFT_FLAGS_CAPTURE = 24;

function writePrft(head: Buffer, input: FragmentInput): number {
  const wallMs = Math.round(input.wallUtcMs);
  const seconds = Math.floor(wallMs / 1000);
  const fraction = Math.round(((wallMs - seconds * 1000) / 1000) * 2 ** 32);
  const reference = input.video !== undefined && input.video.samples.length > 0 ? input.video : input.audio;
  let at = writeBoxHeader(head, 0, 'prft', PRFT_BYTES);
  at = head.writeUInt32BE(2 ** 24 + PRFT_FLAGS_CAPTURE, at);
  at = head.writeUInt32BE(reference !== undefined && reference === input.video ? VIDEO_TRACK_ID : AUDIO_TRACK_ID, at);
  // The NTP era ends in 2036; readers add 2^32 s to what would lie before 1970.
  at = head.writeUInt32BE((seconds + NTP_EPOCH_OFFSET_S) % 2 ** 32, at);
  at = head.writeUInt32BE(fraction, at);
  return writeU64(head, reference?.baseDecodeTime ?? 0, at);
}

function writeTraf(head: Buffer, offset: number, trackId: number, run: Run, dataOffset: number): number {
  const { samples } = run;
  const trunBytes = TRUN_HEAD_BYTES + samples.length * SAMPLE_RECORD_BYTES;
  let at = writeBoxHeader(head, offset, 'traf', BOX_HEADER_BYTES + TFHD_BYTES + TFDT_BYTES + trunBytes);
  at = writeBoxHeader(head, at, 'tfhd', TFHD_BYTES);
  at = head.writeUInt32BE(TFHD_DEFAULT_BASE_IS_MOOF, at);
  at = head.writeUInt32BE(trackId, at);
  at = writeBoxHeader(head, at, 'tfdt', TFDT_BYTES);
  at = head.writeUInt32BE(2 ** 24, at);
  at = writeU64(head, run.baseDecodeTime, at);
  at = writeBoxHeader(head, at, 'trun', trunBytes);
  // Version 1: composition offsets are signed.
  at = head.writeUInt32BE(2 ** 24 + TRUN_FLAGS, at);
  at = head.writeUInt32BE(samples.length, at);
  at = head.writeUInt32BE(dataOffset, at);
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  for (const { duration, data, isKey, compositionOffset } of samples) {
    view.setUint32(at, duration);
    view.setUint32(at + 4, data.length);
    view.setUint32(at + 8, isKey ? KEY_SAMPLE_FLAGS : DELTA_SAMPLE_FLAGS);
    view.setInt32(at + 12, compositionOffset);
    at += SAMPLE_RECORD_BYTES;
  }
  return at;
}

function sumOfSizes(samples: readonly Sample[]): number {
  let sum = 0;
  for (const sample of samples) sum += sample.data.length;
  return sum;
}

/** The depacketiser lays frames out one after the other, so a whole fragment is often a single piece of memory. */
function pushCoalesced(target: Buffer[], ...runs: readonly (readonly Sample[])[]): void {
  let first: Buffer | undefined;
  let length = 0;
  const flush = () => {
    if (first !== undefined) {
      target.push(length === first.length ? first : Buffer.from(first.buffer, first.byteOffset, length));
    }
  };
  for (const samples of runs) {
    for (const { data } of samples) {
      if (data.length === 0) continue;
      if (first !== undefined && first.buffer === data.buffer && first.byteOffset + length === data.byteOffset) {
        length += data.length;
        continue;
      }
      flush();
      first = data;
      length = data.length;
    }
  }
  flush();
}
