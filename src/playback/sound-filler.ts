import type { FragmentInfo } from '../archive/contents-table.ts';
import type { SegmentReader } from '../archive/segment-reader.ts';
import type { AudioFormat } from '../media/access-unit.ts';
import type { Run, Sample } from '../media/fmp4/fragment.ts';
import type { SampleTable } from '../media/fmp4/sample-table.ts';
import { packetTicks, pcmFrameBytes } from '../media/sound/audio-format.ts';
import { isPcm } from '../media/sound/pcm.ts';
import { type SilentPacket, silentPacket } from '../media/sound/silence.ts';

/** Chromium bridges holes of up to two packets by itself: of AAC at 16 kHz, 128 ms. */
const MIN_HOLE_MS = 100;

/** Ticks of the sound track, from up to, and not including, to. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Where a browser has pictures and no sound, it stops, and hls.js skips such spans after a while, with their pictures. So what a camera
 * did not send (a microphone that was switched off and on, lost packets, Opus that says silence by sending nothing) is filled with
 * silence on its way to a browser. What is stored and exported stays as it came.
 *
 *   pictures   │ fragment 1 │ fragment 2 │ fragment 3 │ fragment 4 │
 *   stored     ▓▓▓▓▓▓▓▓▓▓▓                          ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
 *   sent       ▓▓▓▓▓▓▓▓▓▓▓░░│░░░░░░░░░░░░│░░░░░░░░░░░▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
 */
export class SoundFiller {
  readonly #runs: readonly RunPlace[];
  readonly #silent: SilentPacket;
  readonly #clockRate: number;
  readonly #endTicks: number;

  private constructor(runs: readonly RunPlace[], silent: SilentPacket, clockRate: number, last: FragmentInfo) {
    this.#runs = runs;
    this.#silent = silent;
    this.#clockRate = clockRate;
    this.#endTicks = this.#toTicks(endOf(last, undefined));
  }

  /** Undefined for a segment without sound, and for sound whose silence is not known. */
  static of(reader: SegmentReader): Promise<SoundFiller | undefined> {
    const { audio } = reader.formats;
    const silent = audio && silentPacket(audio);
    if (audio === undefined || silent === undefined) return Promise.resolve(undefined);
    const last = reader.fragments.at(-1);
    if (last === undefined) return Promise.resolve(undefined);
    const fragmentCount = reader.fragments.length;
    const known = fillers.get(reader);
    if (known?.fragmentCount === fragmentCount) return known.filler;
    const filler = reader.readTables().then(({ audio: table }) => {
      return new SoundFiller(table ? placesOf(table, audio) : [], silent, audio.clockRate, last);
    });
    fillers.set(reader, { fragmentCount, filler });
    return filler;
  }

  /** Whether anything has to be filled in within the fragment. `next` follows it; undefined for the last. */
  isNeeded(fragment: FragmentInfo, next: FragmentInfo | undefined): boolean {
    const { before, after } = this.#holesAt(fragment, next);
    return before !== undefined || after !== undefined;
  }

  /** The fragment's sound with silence around it, as far as nothing else is there in the time of its pictures. */
  fill(run: Run | undefined, fragment: FragmentInfo, next: FragmentInfo | undefined): Run | undefined {
    const { before, after } = this.#holesAt(fragment, next);
    const samples: Sample[] = [];
    if (before !== undefined) samples.push(...this.#silence(before));
    if (run !== undefined) samples.push(...run.samples);
    if (after !== undefined) samples.push(...this.#silence(after));
    if (samples.length === 0) return undefined;
    return { baseDecodeTime: before?.from ?? run?.baseDecodeTime ?? after!.from, samples };
  }

  #holesAt(fragment: FragmentInfo, next: FragmentInfo | undefined) {
    const from = this.#toTicks(fragment.mediaTime90k);
    const to = this.#toTicks(endOf(fragment, next));
    const index = this.#runs.findLastIndex((run) => run.offset < fragment.offset + fragment.sizeBytes);
    const isInFragment = index >= 0 && this.#runs[index]!.offset >= fragment.offset;
    const stored = isInFragment ? this.#runs[index]! : undefined;
    const previousEnd = this.#runs[isInFragment ? index - 1 : index]?.end ?? 0;
    const nextStart = this.#runs[index + 1]?.start ?? this.#endTicks;
    if (stored === undefined) {
      return { before: this.#hole(previousEnd, nextStart, { from, to }), after: undefined };
    }
    return {
      before: this.#hole(previousEnd, stored.start, { from, to: stored.start }),
      after: this.#hole(stored.end, nextStart, { from: stored.end, to }),
    };
  }

  /** The part of a hole that lies within the span; undefined when it is too short to matter. */
  #hole(holeFrom: number, holeTo: number, within: Span): Span | undefined {
    if (holeTo - holeFrom < (MIN_HOLE_MS * this.#clockRate) / 1000) return undefined;
    const [from, to] = [Math.max(holeFrom, within.from), Math.min(holeTo, within.to)];
    return to > from ? { from, to } : undefined;
  }

  /** Whole packets; the last one lasts for the rest as well. */
  #silence({ from, to }: Span): Sample[] {
    const { data, ticks } = this.#silent;
    const count = Math.max(1, Math.floor((to - from) / ticks));
    return Array.from({ length: count }, (_, i) => ({
      data,
      duration: i === count - 1 ? to - from - i * ticks : ticks,
      compositionOffset: 0,
      isKey: true,
    }));
  }

  #toTicks(time90k: number): number {
    return Math.round((time90k * this.#clockRate) / 90_000);
  }
}

function endOf(fragment: FragmentInfo, next: FragmentInfo | undefined): number {
  return next?.mediaTime90k ?? fragment.mediaTime90k + fragment.duration90k;
}

/** Reading the tables takes milliseconds, so it is done once for each state of a file. */
const fillers = new WeakMap<SegmentReader, { fragmentCount: number; filler: Promise<SoundFiller> }>();

/** Where the sound of one fragment lies. */
interface RunPlace extends SoundTimes {
  readonly offset: number;
}

interface SoundTimes {
  readonly start: number;
  readonly end: number;
}

/** In the table a packet lasts until the next one; how long the last one of a run really is follows from what it is. */
function placesOf(table: SampleTable, format: AudioFormat): RunPlace[] {
  const shortest = table.durations.reduce((least, ticks) => (ticks > 0 && ticks < least ? ticks : least), 2 ** 32);
  return Array.from(table.chunkOffsets, (offset, chunk) => {
    const first = table.chunkFirstSample[chunk]!;
    const last = table.chunkFirstSample[chunk + 1]! - 1;
    const ticks = isPcm(format)
      ? Math.floor(table.sizes[last]! / pcmFrameBytes(format))
      : format.codec === 'aac'
        ? packetTicks(format, NO_BYTES)
        : shortest;
    return { offset, start: table.decodeTimes[first]!, end: table.decodeTimes[last]! + ticks };
  });
}

const NO_BYTES = Buffer.alloc(0);
