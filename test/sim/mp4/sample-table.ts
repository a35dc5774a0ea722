import { ByteReader } from '../../../src/base/byte-reader.ts';
import { findBox } from './boxes.ts';

/** Where one sample lies in the file and when it is decoded and shown, in ticks of its track. */
export interface Sample {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly decodeTime: number;
  readonly compositionOffset: number;
  readonly duration: number;
  readonly isKey: boolean;
}

/** Guards against an absurd count in a damaged table: a day at 120 frames a second. */
const MAX_SAMPLES = 120 * 86_400;

/**
 * Samples of a track from its `stbl`, in decoding order; empty for a fragmented file. With `mergeChunks`, each chunk becomes one
 * sample: QuickTime describes G.711 and linear PCM as one sample for each of the sound.
 */
export function readSampleTable(stbl: Buffer, mergeChunks: boolean): Sample[] {
  const sizes = readSizes(stbl);
  if (sizes.length === 0) return [];
  const durations = readRuns(stbl, 'stts', sizes.length, (reader) => reader.u32());
  const compositions = readRuns(stbl, 'ctts', sizes.length, (reader) => reader.i32());
  const keys = readKeys(stbl);
  const chunkOffsets = readChunkOffsets(stbl);
  const chunkSizes = readChunkSizes(stbl, chunkOffsets.length);

  const samples: Sample[] = [];
  let index = 0;
  let decodeTime = 0;
  for (const [chunk, start] of chunkOffsets.entries()) {
    let offset = start;
    let chunkDuration = 0;
    const chunkTime = decodeTime;
    const end = Math.min(index + chunkSizes[chunk]!, sizes.length);
    for (; index < end; index++) {
      const duration = durations[index] ?? 0;
      if (!mergeChunks) {
        samples.push({
          offset,
          sizeBytes: sizes[index]!,
          decodeTime,
          compositionOffset: compositions[index] ?? 0,
          duration,
          isKey: keys === undefined || keys.has(index + 1),
        });
      }
      offset += sizes[index]!;
      decodeTime += duration;
      chunkDuration += duration;
    }
    if (mergeChunks) {
      samples.push({
        offset: start,
        sizeBytes: offset - start,
        decodeTime: chunkTime,
        compositionOffset: 0,
        duration: chunkDuration,
        isKey: true,
      });
    }
  }
  return samples;
}

function table(stbl: Buffer, type: string): ByteReader | undefined {
  const box = findBox(stbl, type);
  if (!box) return undefined;
  const reader = new ByteReader(box.body, type);
  reader.skip(4); // version and flags
  return reader;
}

function count(reader: ByteReader): number {
  return Math.min(reader.u32(), MAX_SAMPLES);
}

function readSizes(stbl: Buffer): Uint32Array {
  const reader = table(stbl, 'stsz');
  if (!reader) return new Uint32Array(0);
  const constantSize = reader.u32();
  const sizes = new Uint32Array(count(reader));
  for (let i = 0; i < sizes.length; i++) sizes[i] = constantSize || reader.u32();
  return sizes;
}

/** `stts` and `ctts`: (how many samples, value) pairs. */
function readRuns(stbl: Buffer, type: string, samples: number, value: (reader: ByteReader) => number): Int32Array {
  const values = new Int32Array(samples);
  const reader = table(stbl, type);
  if (!reader) return values;
  let filled = 0;
  for (let runs = count(reader); runs > 0 && filled < samples; runs--) {
    const length = reader.u32();
    const each = value(reader);
    const end = Math.min(filled + length, samples);
    values.fill(each, filled, end);
    filled = end;
  }
  return values;
}

/** Numbers of key samples, counted from 1; undefined when every sample is one. */
function readKeys(stbl: Buffer): Set<number> | undefined {
  const reader = table(stbl, 'stss');
  if (!reader) return undefined;
  return new Set(Array.from({ length: count(reader) }, () => reader.u32()));
}

function readChunkOffsets(stbl: Buffer): number[] {
  const long = table(stbl, 'co64');
  if (long) return Array.from({ length: count(long) }, () => long.u64AsNumber());
  const short = table(stbl, 'stco');
  return short ? Array.from({ length: count(short) }, () => short.u32()) : [];
}

/** `stsc` says from which chunk on a chunk has how many samples. */
function readChunkSizes(stbl: Buffer, chunks: number): Uint32Array {
  const perChunk = new Uint32Array(chunks);
  const reader = table(stbl, 'stsc');
  if (!reader) return perChunk;
  for (let runs = count(reader); runs > 0; runs--) {
    const firstChunk = reader.u32();
    perChunk.fill(reader.u32(), firstChunk - 1);
    reader.skip(4); // sample description index
  }
  return perChunk;
}
