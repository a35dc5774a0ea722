import { ByteReader } from '../../base/byte-reader.ts';
import { AppError } from '../../base/errors.ts';
import { type Box, descend, readBoxes, requireBox } from './box.ts';
import { effectiveDurations } from './closing-index.ts';
import { AUDIO_TRACK_ID } from './fragment-layout.ts';
import { MOVIE_TIMESCALE } from './movie.ts';
import type { SampleLog } from './sample-log.ts';

/**
 * All samples of one track, as columns: exports compute with hours of them. Sample i lies in the chunk c with
 * `chunkFirstSample[c] <= i < chunkFirstSample[c + 1]`, behind the samples before it.
 */
export interface SampleTable {
  readonly timescale: number;
  readonly count: number;
  /** Ticks since the segment's start. */
  readonly decodeTimes: Float64Array;
  /** Until the next sample, holes included. */
  readonly durations: Uint32Array;
  readonly compositionOffsets: Int32Array;
  readonly sizes: Uint32Array;
  /** 1 where decoding may start. */
  readonly isKey: Uint8Array;
  /** One chunk for each fragment that has samples of the track. */
  readonly chunkOffsets: Float64Array;
  /** One longer than `chunkOffsets`: ends with `count`. */
  readonly chunkFirstSample: Uint32Array;
}

export interface MovieTables {
  readonly video: SampleTable;
  readonly audio: SampleTable | undefined;
}

/** Out of what was collected while walking fragments. */
export function tableOfLog(log: SampleLog, timescale: number): SampleTable {
  const count = log.sampleCount;
  const durations = effectiveDurations(log);
  const compositionOffsets = new Int32Array(count);
  const sizes = new Uint32Array(count);
  const isKey = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    compositionOffsets[i] = log.compositionOffset(i);
    sizes[i] = log.sizeBytes(i);
    isKey[i] = log.isKey(i) ? 1 : 0;
  }
  return {
    timescale,
    count,
    decodeTimes: cumulate(durations, log.runs[0]?.baseDecodeTime ?? 0),
    durations,
    compositionOffsets,
    sizes,
    isKey,
    chunkOffsets: Float64Array.from(log.runs, (run) => run.fileOffset),
    chunkFirstSample: Uint32Array.from([...log.runs.map((run) => run.firstSample), count]),
  };
}

/** Out of a closing `moov` of ours. Throws AppError `corrupt`. */
export function parseMovieTables(moov: readonly Box[]): MovieTables {
  let video: SampleTable | undefined;
  let audio: SampleTable | undefined;
  for (const trak of moov.filter(({ type }) => type === 'trak')) {
    if (fieldsOf(descend(trak, 'tkhd'), TKHD_TRACK_ID).u32() === AUDIO_TRACK_ID) audio = parseTrack(trak);
    else video = parseTrack(trak);
  }
  if (video === undefined) throw new AppError('corrupt', 'closing index without a video track');
  return { video, audio };
}

/** Offsets within a box of version 1: behind version, flags and two times of 64 bits. */
const TKHD_TRACK_ID = 20;
const MDHD_TIMESCALE = 20;

function parseTrack(trak: Box): SampleTable {
  const timescale = fieldsOf(descend(trak, 'mdia', 'mdhd'), MDHD_TIMESCALE).u32();
  const stbl = readBoxes(descend(trak, 'mdia', 'minf', 'stbl').body);
  const sizes = parseSizes(requireBox(stbl, 'stsz'));
  const count = sizes.length;
  const durations = new Uint32Array(count);
  expandRuns(requireBox(stbl, 'stts'), durations, (fields) => fields.u32());
  const compositionOffsets = new Int32Array(count);
  const ctts = stbl.find(({ type }) => type === 'ctts');
  if (ctts !== undefined) expandRuns(ctts, compositionOffsets, (fields) => fields.i32());
  const chunkOffsets = parseChunkOffsets(requireBox(stbl, 'co64'));
  return {
    timescale,
    count,
    decodeTimes: cumulate(durations, startOfEdits(trak, timescale)),
    durations,
    compositionOffsets,
    sizes,
    isKey: parseSyncSamples(stbl, count),
    chunkOffsets,
    chunkFirstSample: parseChunks(requireBox(stbl, 'stsc'), chunkOffsets.length, count),
  };
}

function parseSizes(stsz: Box): Uint32Array {
  const fields = fieldsOf(stsz, 4);
  if (fields.u32() !== 0) throw new AppError('corrupt', 'stsz with one size for all samples is not of version 1');
  const count = countOf(fields, 4);
  return Uint32Array.from({ length: count }, () => fields.u32());
}

function parseChunkOffsets(co64: Box): Float64Array {
  const fields = fieldsOf(co64, 4);
  const count = countOf(fields, 8);
  return Float64Array.from({ length: count }, () => fields.u64AsNumber());
}

function parseSyncSamples(stbl: readonly Box[], count: number): Uint8Array {
  const stss = stbl.find(({ type }) => type === 'stss');
  if (stss === undefined) return new Uint8Array(count).fill(1);
  const isKey = new Uint8Array(count);
  const fields = fieldsOf(stss, 4);
  for (let left = countOf(fields, 4); left > 0; left--) isKey[fields.u32() - 1] = 1;
  return isKey;
}

function parseChunks(stsc: Box, chunkCount: number, sampleCount: number): Uint32Array {
  const fields = fieldsOf(stsc, 4);
  const entries = Array.from({ length: countOf(fields, 12) }, () => {
    const entry = { firstChunk: fields.u32() - 1, perChunk: fields.u32() };
    fields.skip(4);
    return entry;
  });
  const firstSample = new Uint32Array(chunkCount + 1);
  let chunk = 0;
  let sample = 0;
  entries.forEach(({ perChunk }, i) => {
    const end = Math.min(entries[i + 1]?.firstChunk ?? chunkCount, chunkCount);
    for (; chunk < end; chunk++) {
      firstSample[chunk] = sample;
      sample += perChunk;
    }
  });
  if (sample !== sampleCount) throw new AppError('corrupt', `chunks hold ${sample} samples of ${sampleCount}`);
  firstSample[chunkCount] = sampleCount;
  return firstSample;
}

/** Pairs of count and value into a column, which they have to fill. */
function expandRuns(table: Box, column: Uint32Array | Int32Array, read: (fields: ByteReader) => number): void {
  const fields = fieldsOf(table, 4);
  let at = 0;
  for (let left = countOf(fields, 8); left > 0; left--) {
    const count = fields.u32();
    if (at + count > column.length) throw new AppError('corrupt', `'${table.type}' is longer than the samples`);
    column.fill(read(fields), at, at + count);
    at += count;
  }
  if (at !== column.length) throw new AppError('corrupt', `'${table.type}' holds ${at} samples of ${column.length}`);
}

/** Ticks of the track before its first sample: the duration of the empty edit. */
function startOfEdits(trak: Box, timescale: number): number {
  const edts = readBoxes(trak.body).find(({ type }) => type === 'edts');
  if (edts === undefined) return 0;
  return Math.round((fieldsOf(descend(edts, 'elst'), 8).u64AsNumber() * timescale) / MOVIE_TIMESCALE);
}

function fieldsOf(box: Box, skip: number): ByteReader {
  const fields = new ByteReader(box.body, `MP4 box '${box.type}'`);
  fields.skip(skip);
  return fields;
}

/** A count that the bytes behind it can hold, so that no damaged one allocates gigabytes. */
function countOf(fields: ByteReader, entryBytes: number): number {
  const count = fields.u32();
  if (count * entryBytes > fields.remaining) {
    throw new AppError('corrupt', `table of ${count} entries in ${fields.remaining} bytes`);
  }
  return count;
}

function cumulate(durations: Uint32Array, start: number): Float64Array {
  const times = new Float64Array(durations.length);
  let position = start;
  for (let i = 0; i < durations.length; i++) {
    times[i] = position;
    position += durations[i]!;
  }
  return times;
}
