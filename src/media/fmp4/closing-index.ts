import type { AudioFormat, VideoFormat } from '../access-unit.ts';
import { box, fullBox, u32, u64, writeU64 } from './box.ts';
import { audioTrack, MOVIE_TIMESCALE, movieHeader, type TrackShape, videoTrack } from './movie.ts';
import type { SampleLog } from './sample-log.ts';

export interface ClosingInput {
  readonly createdUtcMs: number;
  readonly video: { readonly format: VideoFormat; readonly samples: SampleLog };
  readonly audio?: { readonly format: AudioFormat; readonly samples: SampleLog } | undefined;
  readonly extraBoxes?: readonly Buffer[];
}

/**
 * The `moov` at the end of a closed segment, which makes it a plain MP4:
 *
 *   moov ─ mvhd
 *        ├ trak … ─ edts            only when the track starts later than the file, as its fragments' `tfdt` says
 *        │        └ mdia … stbl ─ stsd, stts, ctts, stss, stsc, stsz, co64
 *        └ extra boxes
 *
 * A chunk is one run of one fragment. `co64` always: an index must have the same shape below and above 4 GiB.
 */
export function buildClosingMoov(input: ClosingInput): Buffer {
  const { createdUtcMs, video, audio, extraBoxes = [] } = input;
  const videoShape = trackShape(createdUtcMs, video.samples, video.format.clockRate, true);
  const audioShape = audio && trackShape(createdUtcMs, audio.samples, audio.format.clockRate, false);
  return box(
    'moov',
    movieHeader(createdUtcMs, Math.max(videoShape.movieDuration, audioShape?.movieDuration ?? 0)),
    videoTrack(video.format, videoShape),
    ...(audio && audioShape ? [audioTrack(audio.format, audioShape)] : []),
    ...extraBoxes,
  );
}

function trackShape(createdUtcMs: number, samples: SampleLog, timescale: number, isVideo: boolean): TrackShape {
  const durations = effectiveDurations(samples);
  const mediaDuration = durations.reduce((sum, duration) => sum + duration, 0);
  const start = samples.runs[0]?.baseDecodeTime ?? 0;
  const toMovie = (ticks: number) => Math.round((ticks * MOVIE_TIMESCALE) / timescale);
  return {
    createdUtcMs,
    mediaDuration,
    movieDuration: toMovie(start + mediaDuration),
    edits: start === 0 ? undefined : delayedStart(toMovie(start), toMovie(mediaDuration)),
    sampleTables: [
      decodingTimes(durations),
      ...(isVideo ? [...compositionOffsets(samples), ...syncSamples(samples)] : []),
      sampleToChunk(samples),
      sampleSizes(samples),
      chunkOffsets(samples),
    ],
  };
}

/**
 * Durations as the next sample's decoding time makes them: a hole between two runs belongs to the sample before it, because `stts` has
 * no other way to say so.
 */
export function effectiveDurations(samples: SampleLog): Uint32Array {
  const durations = new Uint32Array(samples.sampleCount);
  let position = samples.runs[0]?.baseDecodeTime ?? 0;
  samples.runs.forEach((run, i) => {
    const end = run.firstSample + run.sampleCount;
    for (let sample = run.firstSample; sample < end; sample++) {
      const next = samples.runs[i + 1];
      const isBeforeNextRun = sample === end - 1 && next !== undefined;
      const duration = isBeforeNextRun
        ? Math.min(MAX_DURATION, Math.max(0, next.baseDecodeTime - position))
        : samples.duration(sample);
      durations[sample] = duration;
      position += duration;
    }
  });
  return durations;
}

/** `stts` has 32 bits: 13 hours at 90 kHz. */
const MAX_DURATION = 2 ** 32 - 1;

/** Nothing is shown for `delay`, then the whole media. Both in ticks of the movie. */
function delayedStart(delay: number, duration: number): Buffer {
  const normalRate = u32(0x00010000);
  const nothing = Buffer.alloc(8, 0xff);
  return box('edts', fullBox('elst', 1, 0, u32(2), u64(delay), nothing, normalRate, u64(duration, 0), normalRate));
}

function decodingTimes(durations: Uint32Array): Buffer {
  return fullBox('stts', 0, 0, ...runLengths(durations.length, (i) => durations[i]!));
}

/** Version 1: signed. Left out without B-frames. */
function compositionOffsets(samples: SampleLog): Buffer[] {
  const table = runLengths(samples.sampleCount, (i) => samples.compositionOffset(i));
  const isAllZero = table[0]!.readUInt32BE(0) <= 1 && (samples.sampleCount === 0 || samples.compositionOffset(0) === 0);
  return isAllZero ? [] : [fullBox('ctts', 1, 0, ...table)];
}

function syncSamples(samples: SampleLog): Buffer[] {
  const keys: number[] = [];
  for (let i = 0; i < samples.sampleCount; i++) if (samples.isKey(i)) keys.push(i + 1);
  return keys.length === samples.sampleCount ? [] : [fullBox('stss', 0, 0, u32(keys.length, ...keys))];
}

function sampleToChunk(samples: SampleLog): Buffer {
  const entries: number[] = [];
  let previous = -1;
  samples.runs.forEach((run, i) => {
    if (run.sampleCount === previous) return;
    entries.push(i + 1, run.sampleCount, 1);
    previous = run.sampleCount;
  });
  return fullBox('stsc', 0, 0, u32(entries.length / 3, ...entries));
}

function sampleSizes(samples: SampleLog): Buffer {
  const sizes = Buffer.allocUnsafe(samples.sampleCount * 4);
  for (let i = 0; i < samples.sampleCount; i++) sizes.writeUInt32BE(samples.sizeBytes(i), i * 4);
  return fullBox('stsz', 0, 0, u32(0, samples.sampleCount), sizes);
}

function chunkOffsets(samples: SampleLog): Buffer {
  const offsets = Buffer.allocUnsafe(samples.runs.length * 8);
  samples.runs.forEach((run, i) => {
    writeU64(offsets, run.fileOffset, i * 8);
  });
  return fullBox('co64', 0, 0, u32(samples.runs.length), offsets);
}

/** Count of entries, then pairs of how many samples and which value. */
function runLengths(count: number, valueAt: (index: number) => number): [Buffer, Buffer] {
  const pairs: number[] = [];
  for (let i = 0; i < count; i++) {
    const value = valueAt(i);
    if (pairs.length > 0 && pairs.at(-1) === value) pairs[pairs.length - 2]!++;
    else pairs.push(1, value);
  }
  const table = Buffer.allocUnsafe(pairs.length * 4);
  pairs.forEach((value, i) => {
    if (value < 0) table.writeInt32BE(value, i * 4);
    else table.writeUInt32BE(value, i * 4);
  });
  return [u32(pairs.length / 2), table];
}
