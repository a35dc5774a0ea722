import type { FragmentInfo } from '../archive/contents-table.ts';
import type { SegmentFormats } from '../archive/identity.ts';
import { AppError } from '../base/errors.ts';
import type { AudioFormat, VideoFormat } from '../media/access-unit.ts';
import { audioSampleEntry } from '../media/fmp4/audio-sample-entry.ts';
import { box, LARGE_BOX_HEADER_BYTES, readU64, u32, u64, writeU64 } from '../media/fmp4/box.ts';
import { audioTrack, FILE_TYPE, movieHeader, videoTrack } from '../media/fmp4/movie.ts';
import type { MovieTables, SampleTable } from '../media/fmp4/sample-table.ts';
import { videoSampleEntry } from '../media/fmp4/video-sample-entry.ts';
import type { ChunkRange } from './export-tables.ts';
import { ExportTrack, toMovieTicks } from './export-track.ts';

/*
 * An export is one plain MP4 with its index first:
 *
 *   ftyp | moov | mdat header | bytes [a, z) of file 1 | bytes [a, z) of file 2 | …
 *
 * Each file gives one piece as it is, with the fragments' own headers in it as dead bytes (0.2 %), so that sending is copying. The
 * index names every sample by its place in the result. Each file stands at its wall time: over a gap the last picture is held.
 */

/** What a plan needs of one segment. */
export interface ExportSource {
  readonly formats: SegmentFormats;
  readonly fragments: readonly FragmentInfo[];
  readonly tables: MovieTables;
  /** What this file shows of the channel: outside of it a newer file does. */
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
}

/** A piece of a file, in bytes. */
export interface ExportPiece {
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * The wall time of a file is known to the millisecond and smoothed, so files that follow each other without a break seem to overlap
 * or to leave a hole of a few: below this they are joined exactly. What is put off adds up until it is more, so nothing drifts.
 */
const JOIN_MS = 40;
const JOIN_SOUND_MS = 5;

export class ExportPlanner {
  readonly #span: { fromUtcMs: number; toUtcMs: number; wantsSound: boolean };
  readonly #video = new ExportTrack<VideoFormat>({
    hasPictures: true,
    makeTrack: videoTrack,
    makeEntry: videoSampleEntry,
  });
  readonly #audio = new ExportTrack<AudioFormat>({
    hasPictures: false,
    makeTrack: audioTrack,
    makeEntry: audioSampleEntry,
  });
  #mediaBytes = 0;

  constructor(span: { fromUtcMs: number; toUtcMs: number; wantsSound: boolean }) {
    this.#span = span;
  }

  /** Sources come in the order of time. Undefined when there is nothing of the span in it. */
  add(source: ExportSource): ExportPiece | undefined {
    const { video, audio } = source.formats;
    const fragments = fromStart(source, this.#span.fromUtcMs);
    const first = fragments[0];
    if (first === undefined) return undefined;
    const zeroUtcMs = zeroOf(source, first);
    // In the order of decoding: with B-frames a picture before the end of the span may follow one that is shown after it.
    const last = fragments.findLast((f) => zeroUtcMs + f.mediaTime90k / 90 < this.#span.toUtcMs);
    if (last === undefined) return undefined;
    const piece = { offset: first.offset, sizeBytes: last.offset + last.sizeBytes - first.offset };
    const pictures = chunksIn(source.tables.video, piece);
    if (pictures.from === pictures.to) return undefined;
    this.#checkFormats(source.formats, first.wallUtcMs);

    const toResult = this.#mediaBytes - piece.offset;
    const shiftMs = this.#video.add(video, source.tables.video, pictures, { zeroUtcMs, toResult, joinMs: JOIN_MS });
    const sound = source.tables.audio;
    if (audio !== undefined && sound !== undefined && this.#span.wantsSound) {
      const place = { zeroUtcMs: zeroUtcMs + shiftMs, toResult, joinMs: JOIN_SOUND_MS };
      this.#audio.add(audio, sound, chunksIn(sound, piece), place);
    }
    this.#mediaBytes += piece.sizeBytes;
    return piece;
  }

  /** Everything before the first piece; undefined when there was none. */
  finish(): { head: Buffer; durationMs: number } | undefined {
    const video = this.#video;
    if (video.format === undefined) return undefined;
    const startUtcMs = Math.max(this.#span.fromUtcMs, video.firstShownUtcMs);
    const endUtcMs = Math.min(this.#span.toUtcMs, video.endUtcMs);
    const audio = this.#audio;
    const hasSound = audio.format !== undefined && audio.firstShownUtcMs < endUtcMs && audio.endUtcMs > startUtcMs;
    const shown = { startUtcMs, endUtcMs };
    const videoBox = video.finish(shown);
    const audioBox = hasSound ? audio.finish(shown) : undefined;
    const header = movieHeader(startUtcMs, toMovieTicks(endUtcMs - startUtcMs));
    const moov = box('moov', header, videoBox.trak, ...(audioBox ? [audioBox.trak] : []));
    const mdat = Buffer.concat([u32(1), Buffer.from('mdat'), u64(LARGE_BOX_HEADER_BYTES + this.#mediaBytes)]);
    const head = Buffer.concat([FILE_TYPE, moov, mdat]);

    // `co64` ends each track, and only now it is known how far from the start of the file the media lies.
    let endOfTrack = FILE_TYPE.length + 8 + header.length;
    for (const { trak, chunkCount } of audioBox ? [videoBox, audioBox] : [videoBox]) {
      endOfTrack += trak.length;
      shiftOffsets(head.subarray(endOfTrack - chunkCount * 8, endOfTrack), head.length);
    }
    return { head, durationMs: endUtcMs - startUtcMs };
  }

  #checkFormats({ video, audio }: SegmentFormats, atUtcMs: number): void {
    const before = this.#video.format;
    if (before !== undefined && before.codec !== video.codec) {
      throw changed('video', before.codec, video.codec, atUtcMs, '');
    }
    const sound = this.#audio.format;
    if (sound === undefined || audio === undefined || !this.#span.wantsSound) return;
    if (sound.codec !== audio.codec || sound.clockRate !== audio.clockRate || sound.channels !== audio.channels) {
      throw changed('sound', soundName(sound), soundName(audio), atUtcMs, ', or without sound');
    }
  }
}

/** The fragments of the source whose middle no newer file shows, from the last key frame at or before the start of the span. */
function fromStart(source: ExportSource, startUtcMs: number): readonly FragmentInfo[] {
  const shown = source.fragments.filter((fragment) => {
    const middleUtcMs = fragment.wallUtcMs + fragment.duration90k / 180;
    return source.fromUtcMs <= middleUtcMs && middleUtcMs < source.toUtcMs;
  });
  const last = shown.at(-1);
  if (last === undefined || last.wallUtcMs + last.duration90k / 90 <= startUtcMs) return [];
  const keyAtStart = shown.findLastIndex((f) => f.startsWithKey && f.wallUtcMs <= startUtcMs);
  const firstKey = shown.findIndex((f) => f.startsWithKey);
  // A camera without key frames (intra refresh): from the first fragment there is.
  return shown.slice(Math.max(0, keyAtStart >= 0 ? keyAtStart : firstKey));
}

/** Wall time of the file's media time 0. The wall time of a fragment is that at which its first sample is shown. */
function zeroOf(source: ExportSource, fragment: FragmentInfo): number {
  const { video } = source.tables;
  const { from, to } = chunksIn(video, fragment);
  const offsetTicks = from === to ? 0 : video.compositionOffsets[video.chunkFirstSample[from]!]!;
  return fragment.wallUtcMs - (fragment.mediaTime90k + offsetTicks) / 90;
}

function chunksIn(table: SampleTable, piece: ExportPiece): ChunkRange {
  const isBehind = (offset: number) => (chunkOffset: number) => chunkOffset >= offset;
  const from = table.chunkOffsets.findIndex(isBehind(piece.offset));
  const to = table.chunkOffsets.findIndex(isBehind(piece.offset + piece.sizeBytes));
  const end = table.chunkOffsets.length;
  return { from: from < 0 ? end : from, to: to < 0 ? end : to };
}

function shiftOffsets(table: Buffer, by: number): void {
  for (let at = 0; at < table.length; at += 8) writeU64(table, readU64(table, at) + by, at);
}

function soundName(format: AudioFormat): string {
  return `${format.codec} ${format.clockRate} Hz`;
}

function changed(what: string, before: string, after: string, atUtcMs: number, otherWay: string): AppError {
  const at = new Date(atUtcMs).toISOString();
  return new AppError(
    'conflict',
    `the ${what} changes from ${before} to ${after} at ${at}: one file cannot hold both; export the spans before and after it${otherWay}`,
  );
}
