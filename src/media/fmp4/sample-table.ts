import { AppError } from '../../base/errors.ts';
import { type Box, descend, readBoxes, readU64, requireBox } from './box.ts';
import { effectiveDurations } from './closing-index.ts';
import { AUDIO_TRACK_ID } from './fragment.ts';
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
    const trackId = descend(trak, 'tkhd').body.readUInt32BE(20);
    if (trackId === AUDIO_TRACK_ID) audio = parseTrack(trak);
    else video = parseTrack(trak);
  }
  if (video === undefined) throw new AppError('corrupt', 'closing index without a video track');
  return { video, audio };
}

function parseTrack(trak: Box): SampleTable {
  const timescale = descend(trak, 'mdia', 'mdhd').body.readUInt32BE(20);
  const stbl = readBoxes(descend(trak, 'mdia', 'minf', 'stbl').body);
  const stsz = requireBox(stbl, 'stsz').body;
  const count = stsz.readUInt32BE(8);
  if (stsz.length !== 12 + count * 4)
    throw new AppError('corrupt', `stsz of ${stsz.length} bytes for ${count} samples`);
  const sizes = Uint32Array.from({ length: count }, (_, i) => stsz.readUInt32BE(12 + i * 4));
  const durations = new Uint32Array(count);
  expandRuns(requireBox(stbl, 'stts').body, durations, (bytes, at) => bytes.readUInt32BE(at));
  const compositionOffsets = new Int32Array(count);
  const ctts = stbl.find(({ type }) => type === 'ctts');
  if (ctts !== undefined) expandRuns(ctts.body, compositionOffsets, (bytes, at) => bytes.readInt32BE(at));
  const co64 = requireBox(stbl, 'co64').body;
  const chunkCount = co64.readUInt32BE(4);
  if (co64.length !== 8 + chunkCount * 8) throw new AppError('corrupt', `co64 of ${co64.length} bytes`);
  return {
    timescale,
    count,
    decodeTimes: cumulate(durations, startOfEdits(trak, timescale)),
    durations,
    compositionOffsets,
    sizes,
    isKey: parseSyncSamples(stbl, count),
    chunkOffsets: Float64Array.from({ length: chunkCount }, (_, i) => readU64(co64, 8 + i * 8)),
    chunkFirstSample: parseChunks(requireBox(stbl, 'stsc').body, chunkCount, count),
  };
}

function parseSyncSamples(stbl: readonly Box[], count: number): Uint8Array {
  const stss = stbl.find(({ type }) => type === 'stss')?.body;
  if (stss === undefined) return new Uint8Array(count).fill(1);
  const isKey = new Uint8Array(count);
  for (let i = 0; i < stss.readUInt32BE(4); i++) isKey[stss.readUInt32BE(8 + i * 4) - 1] = 1;
  return isKey;
}

function parseChunks(stsc: Buffer, chunkCount: number, sampleCount: number): Uint32Array {
  const firstSample = new Uint32Array(chunkCount + 1);
  const entries = stsc.readUInt32BE(4);
  let chunk = 0;
  let sample = 0;
  for (let entry = 0; entry < entries; entry++) {
    const perChunk = stsc.readUInt32BE(8 + entry * 12 + 4);
    const end = entry + 1 < entries ? stsc.readUInt32BE(8 + (entry + 1) * 12) - 1 : chunkCount;
    for (; chunk < end && chunk < chunkCount; chunk++) {
      firstSample[chunk] = sample;
      sample += perChunk;
    }
  }
  if (sample !== sampleCount) throw new AppError('corrupt', `chunks hold ${sample} samples of ${sampleCount}`);
  firstSample[chunkCount] = sampleCount;
  return firstSample;
}

/** Pairs of count and value into a column, which they have to fill. */
function expandRuns(
  body: Buffer,
  column: Uint32Array | Int32Array,
  read: (bytes: Buffer, offset: number) => number,
): void {
  let at = 0;
  for (let entry = 0; entry < body.readUInt32BE(4); entry++) {
    const count = body.readUInt32BE(8 + entry * 8);
    if (at + count > column.length) throw new AppError('corrupt', 'time table is longer than the samples');
    column.fill(read(body, 12 + entry * 8), at, at + count);
    at += count;
  }
  if (at !== column.length) throw new AppError('corrupt', `time table holds ${at} samples of ${column.length}`);
}

/** Ticks of the track before its first sample: the duration of the empty edit. */
function startOfEdits(trak: Box, timescale: number): number {
  const edts = readBoxes(trak.body).find(({ type }) => type === 'edts');
  if (edts === undefined) return 0;
  return Math.round((readU64(descend(edts, 'elst').body, 8) * timescale) / MOVIE_TIMESCALE);
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
