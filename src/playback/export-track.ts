import { invariant } from '../base/assert.ts';
import { type AudioFormat, isSameFormat, type VideoFormat } from '../media/access-unit.ts';
import { MOVIE_TIMESCALE, type TrackShape } from '../media/fmp4/movie.ts';
import type { SampleTable } from '../media/fmp4/sample-table.ts';
import { type ChunkRange, ExportTrackTables, editList } from './export-tables.ts';

export interface ExportTrackOptions<F> {
  readonly hasPictures: boolean;
  readonly makeTrack: (format: F, shape: TrackShape) => Buffer;
  readonly makeEntry: (format: F) => Buffer;
}

/** One track of an export: pieces of files, each placed at its wall time, with a sample description for each format met. */
export class ExportTrack<F extends VideoFormat | AudioFormat> {
  readonly #options: ExportTrackOptions<F>;
  readonly #tables: ExportTrackTables;
  /** Of the first piece. */
  format: F | undefined;
  readonly #formats: F[] = [];
  #originUtcMs = 0;
  /** With B-frames pictures are shown that much after they are decoded: in the first piece, and in the newest. */
  #firstOffsetTicks = 0;
  #lastOffsetTicks = 0;

  constructor(options: ExportTrackOptions<F>) {
    this.#options = options;
    this.#tables = new ExportTrackTables(options);
  }

  get firstShownUtcMs(): number {
    return this.#originUtcMs + this.#toMs(this.#firstOffsetTicks);
  }

  get endUtcMs(): number {
    return this.#originUtcMs + this.#toMs(this.#tables.endTicks + this.#lastOffsetTicks);
  }

  /** `zeroUtcMs`: wall time of the file's media time 0. Returns by how much the piece had to be moved from it. */
  add(
    format: F,
    table: SampleTable,
    chunks: ChunkRange,
    place: { zeroUtcMs: number; toResult: number; joinMs: number },
  ): number {
    if (chunks.from === chunks.to) return 0;
    const first = table.chunkFirstSample[chunks.from]!;
    const wallUtcMs = place.zeroUtcMs + (table.decodeTimes[first]! * 1000) / format.clockRate;
    const offsetTicks = table.compositionOffsets[first]!;
    if (this.format === undefined) {
      this.format = format;
      this.#originUtcMs = wallUtcMs;
      this.#firstOffsetTicks = offsetTicks;
    }
    const wanted = Math.round(((wallUtcMs - this.#originUtcMs) * this.format.clockRate) / 1000);
    // Where decoding has to begin so that the first picture is shown right after the last one of the piece before.
    const joined = this.#tables.endTicks + this.#lastOffsetTicks - offsetTicks;
    const isJoined = Math.abs(wanted - joined) < (place.joinMs * this.format.clockRate) / 1000;
    const startTicks = this.#tables.sampleCount === 0 ? 0 : isJoined ? joined : Math.max(wanted, joined);
    this.#lastOffsetTicks = offsetTicks;
    this.#tables.add(table, chunks, {
      startTicks,
      description: this.#descriptionOf(format),
      toResult: place.toResult,
    });
    return this.#toMs(startTicks - wanted);
  }

  /** The `trak` box, with what of it is shown. There must be at least one sample in it. */
  finish(shown: { startUtcMs: number; endUtcMs: number }): { trak: Buffer; chunkCount: number } {
    const { format } = this;
    invariant(format !== undefined, 'a track of an export has samples');
    const emptyMs = Math.max(0, this.firstShownUtcMs - shown.startUtcMs);
    const fromUtcMs = shown.startUtcMs + emptyMs;
    const shownMs = Math.min(shown.endUtcMs, this.endUtcMs) - fromUtcMs;
    const mediaTicks = Math.round(((fromUtcMs - this.#originUtcMs) * format.clockRate) / 1000);
    const empty = toMovieTicks(emptyMs);
    const { boxes, durationTicks, chunkCount } = this.#tables.finish();
    const shape = {
      createdUtcMs: shown.startUtcMs,
      movieDuration: empty + toMovieTicks(shownMs),
      mediaDuration: durationTicks,
      edits: editList([
        ...(empty > 0 ? [{ durationTicks: empty, mediaTicks: -1 }] : []),
        { durationTicks: toMovieTicks(shownMs), mediaTicks },
      ]),
      entries: this.#formats.map(this.#options.makeEntry),
      sampleTables: boxes,
    };
    return { trak: this.#options.makeTrack(format, shape), chunkCount };
  }

  /** Index, from 1, of the sample description with these parameters. */
  #descriptionOf(format: F): number {
    const known = this.#formats.findIndex((other) => isSameFormat(other, format));
    return known >= 0 ? known + 1 : this.#formats.push(format);
  }

  #toMs(ticks: number): number {
    return this.format === undefined ? 0 : (ticks * 1000) / this.format.clockRate;
  }
}

export function toMovieTicks(ms: number): number {
  return Math.round((ms * MOVIE_TIMESCALE) / 1000);
}
