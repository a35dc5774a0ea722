import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from '../../src/base/errors.ts';
import type { VideoCodec } from '../../src/media/access-unit.ts';
import { parseFrameNumberTrailer } from './frame-number-jpeg.ts';
import { type FrameNumber, parseFrameNumberSei } from './frame-number-sei.ts';
import { splitNals } from './h26x.ts';
import { readTracks, type Track } from './mp4/reader.ts';
import type { Sample } from './mp4/sample-table.ts';

export interface RecordedFrames {
  readonly camera: number;
  /** In decoding order, one for each video sample. */
  readonly frames: number[];
  /** Samples without a number: what did not come from the simulator, or was damaged. */
  readonly unnumbered: number;
}

/** The number stands before the first slice, behind parameter sets and other SEI: rarely beyond this. */
const USUAL_HEAD_BYTES = 4096;

/** The simulator's number in one sample, whose NAL units stand behind 4-byte lengths. */
export function extractFrameNumbers(sampleData: Buffer, codec: VideoCodec): FrameNumber | undefined {
  if (codec === 'mjpeg') return parseFrameNumberTrailer(sampleData);
  for (const nal of splitNals(sampleData)) {
    const number = parseFrameNumberSei(nal, codec);
    if (number) return number;
  }
  return undefined;
}

/** The numbers of all frames in a recorded file: plain, fragmented or hybrid, closed or still being written. */
export async function readFrameNumbersFromMp4(path: string): Promise<RecordedFrames> {
  const file = await open(path, 'r');
  try {
    const track = (await readTracks(file, path)).find((candidate) => candidate.format.kind === 'video');
    if (!track) throw new AppError('not-found', `${path}: no H.264, H.265 or MJPEG track`);
    return await readNumbers(file, track);
  } finally {
    await file.close();
  }
}

async function readNumbers(file: FileHandle, track: Track): Promise<RecordedFrames> {
  if (track.format.kind !== 'video') throw new AppError('internal', 'frame numbers are in pictures');
  const { codec } = track.format;
  const frames: number[] = [];
  let camera = 0;
  let unnumbered = 0;
  for (const sample of track.samples) {
    const number = await readNumber(file, sample, codec);
    if (number) {
      camera = number.camera;
      frames.push(number.frame);
    } else unnumbered++;
  }
  return { camera, frames, unnumbered };
}

async function readNumber(file: FileHandle, sample: Sample, codec: VideoCodec): Promise<FrameNumber | undefined> {
  const head = await readBytes(file, sample.offset, Math.min(sample.sizeBytes, USUAL_HEAD_BYTES));
  const number = extractFrameNumbers(head, codec);
  if (number || head.length === sample.sizeBytes) return number;
  return extractFrameNumbers(await readBytes(file, sample.offset, sample.sizeBytes), codec);
}

async function readBytes(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
