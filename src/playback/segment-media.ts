import type { FragmentInfo } from '../archive/contents-table.ts';
import type { SegmentFormats } from '../archive/identity.ts';
import type { ReadFragment, SegmentReader } from '../archive/segment-reader.ts';
import { AppError } from '../base/errors.ts';
import { buildPlainFragment, type Run } from '../media/fmp4/fragment.ts';
import { buildInit } from '../media/fmp4/init.ts';
import { FILE_TYPE } from '../media/fmp4/movie.ts';
import { type BrowserSound, browserSound } from './browser-sound.ts';
import { SoundFiller } from './sound-filler.ts';

/** Fragments in one request: an entry of a playlist has some ten; a camera without key frames makes one of a whole file. */
export const MAX_FRAGMENTS = 4_096;

/** Bytes that are read, and wait for the network, at a time. */
const READ_BYTES = 1024 * 1024;

/** What a browser needs before the media of a segment. */
export function segmentInit(reader: SegmentReader, wantsSound: boolean): Buffer {
  const { video, audio } = reader.formats;
  const sound = wantsSound && audio !== undefined ? browserSound(audio) : undefined;
  const createdUtcMs = reader.identity.name.startUtcMs;
  return Buffer.concat([FILE_TYPE, buildInit({ createdUtcMs, video, audio: sound?.format })]);
}

/** How fragments are sent: as they lie in the file, or made anew. */
export type MediaPlan =
  | { readonly kind: 'range'; readonly offset: number; readonly sizeBytes: number }
  | { readonly kind: 'rebuilt'; readonly from: number; readonly to: number; readonly changes: Changes };

interface Changes {
  /** Sound as it is sent; undefined to leave it out. */
  readonly sound: BrowserSound | undefined;
  /** Fills its holes. */
  readonly filler: SoundFiller | undefined;
  /** Everything is shown that much earlier. */
  readonly delayS: number;
}

export async function planMedia(
  reader: SegmentReader,
  from: number,
  to: number,
  wantsSound: boolean,
): Promise<MediaPlan> {
  if (to <= from || to - from > MAX_FRAGMENTS) {
    throw new AppError('bad-input', `fragments ${from} to ${to}: 1 to ${MAX_FRAGMENTS} may be asked for`);
  }
  const [first, last] = [reader.fragments[from], reader.fragments[to - 1]];
  if (first === undefined || last === undefined) {
    throw new AppError('not-found', `fragments ${from} to ${to}: the segment has ${reader.fragments.length}`);
  }
  const { audio } = reader.formats;
  const sound = wantsSound && audio !== undefined ? browserSound(audio) : undefined;
  const delayS = await firstDelayS(reader);
  const filler = sound && (await SoundFiller.of(reader));
  const isWhole = filler === undefined || !reader.fragments.slice(from, to).some(needsFilling(filler, reader));
  const isAsStored = (audio === undefined || sound?.format === audio) && delayS === 0 && isWhole;
  if (!isAsStored) return { kind: 'rebuilt', from, to, changes: { sound, filler, delayS } };
  return { kind: 'range', offset: first.offset, sizeBytes: last.offset + last.sizeBytes - first.offset };
}

function needsFilling(filler: SoundFiller, { fragments }: SegmentReader): (fragment: FragmentInfo) => boolean {
  return (fragment) => filler.isNeeded(fragment, fragments[fragment.index + 1]);
}

/**
 * With B-frames the first picture of a file is shown later than it is decoded. hls.js puts the decoding time of a file where the
 * pictures of the file before end, so a hole of that length would stay at every border, at which players stall: such files are
 * sent with all pictures, and the sound, that much earlier.
 */
function firstDelayS(reader: SegmentReader): Promise<number> {
  const { video } = reader.formats;
  if (video.reorderDepth === 0 || reader.fragments.length === 0) return Promise.resolve(0);
  const known = delays.get(reader);
  if (known !== undefined) return known;
  const delay = reader
    .readFragment(0)
    .then((fragment) => (fragment.video?.samples[0]?.compositionOffset ?? 0) / video.clockRate);
  delays.set(reader, delay);
  return delay;
}

/** A file's first fragment does not change, so it is read once for each time that the file is opened. */
const delays = new WeakMap<SegmentReader, Promise<number>>();

export async function* readMedia(reader: SegmentReader, plan: MediaPlan): AsyncGenerator<Buffer> {
  if (plan.kind === 'range') {
    yield* readPiece(reader, plan.offset, plan.sizeBytes);
    return;
  }
  for await (const fragment of reader.readFragments(plan.from, plan.to)) {
    const rebuilt = rebuild(fragment, reader.fragments[fragment.info.index + 1], plan.changes, reader.formats);
    if (rebuilt !== undefined) yield Buffer.concat(rebuilt);
  }
}

/** Bytes of the file as they are, in pieces. */
export async function* readPiece(reader: SegmentReader, offset: number, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < sizeBytes; ) {
    const piece = await reader.readRange(offset + done, Math.min(READ_BYTES, sizeBytes - done));
    done += piece.length;
    yield piece;
  }
}

/** The same whoever asks, and in whatever order: it depends on the file alone. */
function rebuild(
  fragment: ReadFragment,
  next: FragmentInfo | undefined,
  { sound, filler, delayS }: Changes,
  formats: SegmentFormats,
): Buffer[] | undefined {
  const { wallUtcMs } = fragment;
  const video = fragment.video && shownEarlier(fragment.video, Math.round(delayS * formats.video.clockRate));
  const whole = filler ? filler.fill(fragment.audio, fragment.info, next) : fragment.audio;
  const recoded = sound && whole && sound.recode(whole);
  const audio = recoded && sound && decodedEarlier(recoded, Math.round(delayS * sound.format.clockRate));
  if (video === undefined && audio === undefined) return undefined;
  return buildPlainFragment({ wallUtcMs, video, audio }, fragment.info.index + 1).buffers;
}

function shownEarlier(run: Run, ticks: number): Run {
  if (ticks === 0) return run;
  const shift = (sample: Run['samples'][number]) => ({
    ...sample,
    compositionOffset: sample.compositionOffset - ticks,
  });
  return { ...run, samples: run.samples.map(shift) };
}

/** Sound from before the first picture has nowhere to go and moves by less. */
function decodedEarlier(run: Run, ticks: number): Run {
  return { ...run, baseDecodeTime: Math.max(0, run.baseDecodeTime - ticks) };
}
