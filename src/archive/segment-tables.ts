import { box, LARGE_BOX_HEADER_BYTES, writeU64 } from '../media/fmp4/box.ts';
import { buildClosingMoov } from '../media/fmp4/closing-index.ts';
import { VIDEO_TIMESCALE } from '../media/fmp4/fragment-layout.ts';
import { FILE_TYPE } from '../media/fmp4/movie.ts';
import { SampleLog } from '../media/fmp4/sample-log.ts';
import { contentsBox, type FragmentInfo } from './contents-table.ts';
import type { SegmentClosedEntry } from './entries.ts';
import { decodeIdentity, identityBox, type SegmentIdentity } from './identity.ts';
import { closedEntryOf } from './segment-entry.ts';

/** What is known of a fragment after it was written, or found by a walk. */
export interface FragmentPlace {
  readonly offset: number;
  readonly headBytes: number;
  readonly sizeBytes: number;
  readonly wallUtcMs: number;
  readonly video?:
    | { readonly baseDecodeTime: number; readonly records: Buffer; readonly sizeBytes: number }
    | undefined;
  readonly audio?: { readonly baseDecodeTime: number; readonly records: Buffer } | undefined;
}

/** Grows with each fragment while a segment is written, repaired or read; the closing index and the journal's line come out of it. */
export class SegmentTables {
  readonly identity: SegmentIdentity;
  readonly #identityPayload: Buffer;
  readonly video = new SampleLog();
  readonly audio: SampleLog | undefined;
  readonly #fragments: FragmentInfo[] = [];

  constructor(identityPayload: Buffer) {
    this.#identityPayload = identityPayload;
    this.identity = decodeIdentity(identityPayload);
    this.audio = this.identity.formats.audio === undefined ? undefined : new SampleLog();
  }

  get fragments(): readonly FragmentInfo[] {
    return this.#fragments;
  }

  /** Wall time at which the last fragment ends; the segment's start when there is none. */
  get endUtcMs(): number {
    return endOfFragments(this.#fragments) ?? this.identity.name.startUtcMs;
  }

  append(place: FragmentPlace): FragmentInfo {
    const { video, audio, offset, headBytes, sizeBytes, wallUtcMs } = place;
    const firstVideo = this.video.sampleCount;
    const firstAudio = this.audio?.sampleCount ?? 0;
    if (video) this.video.append(video.records, video.baseDecodeTime, offset + headBytes);
    if (audio) this.audio?.append(audio.records, audio.baseDecodeTime, offset + headBytes + (video?.sizeBytes ?? 0));
    const audioScale = VIDEO_TIMESCALE / (this.identity.formats.audio?.clockRate ?? VIDEO_TIMESCALE);
    const audioTicks = this.audio === undefined ? 0 : sumDurations(this.audio, firstAudio);
    const fragment: FragmentInfo = {
      index: this.#fragments.length,
      offset,
      sizeBytes,
      mediaTime90k: video ? video.baseDecodeTime : Math.round((audio?.baseDecodeTime ?? 0) * audioScale),
      duration90k: video ? sumDurations(this.video, firstVideo) : Math.round(audioTicks * audioScale),
      wallUtcMs: Math.round(wallUtcMs),
      startsWithKey: video !== undefined && this.video.isKey(firstVideo),
    };
    this.#fragments.push(fragment);
    return fragment;
  }

  closingMoov(isRepaired: boolean): Buffer {
    const { formats, name } = this.identity;
    return buildClosingMoov({
      createdUtcMs: name.startUtcMs,
      video: { format: formats.video, samples: this.video },
      audio: formats.audio && this.audio ? { format: formats.audio, samples: this.audio } : undefined,
      extraBoxes: [identityBox(this.#identityPayload), contentsBox({ isRepaired, fragments: this.#fragments })],
    });
  }

  closedEntry(closed: { sizeBytes: number; hash: Buffer; isRepaired: boolean }): SegmentClosedEntry {
    return closedEntryOf(this.identity, {
      ...closed,
      endUtcMs: this.endUtcMs,
      videoFrames: this.video.sampleCount,
      startsWithKey: this.#fragments[0]?.startsWithKey ?? false,
    });
  }
}

/** Wall time at which the last fragment ends; undefined without any. */
export function endOfFragments(fragments: readonly FragmentInfo[]): number | undefined {
  const last = fragments.at(-1);
  return last && last.wallUtcMs + Math.round((last.duration90k * 1000) / VIDEO_TIMESCALE);
}

/** Where the 16 bytes lie that turn an open segment into a closed one. */
export const HEADER_OFFSET = FILE_TYPE.length;

/** The `mdat` header that covers everything up to the closing `moov`. */
export function closedHeader(moovOffset: number): Buffer {
  const header = Buffer.alloc(LARGE_BOX_HEADER_BYTES);
  header.writeUInt32BE(1, 0);
  header.write('mdat', 4, 4, 'latin1');
  writeU64(header, moovOffset - HEADER_OFFSET, 8);
  return header;
}

/** An empty box of exactly the size of that header. */
export const OPEN_HEADER = box('free', Buffer.alloc(8));

function sumDurations(samples: SampleLog, first: number): number {
  let sum = 0;
  for (let i = first; i < samples.sampleCount; i++) sum += samples.duration(i);
  return sum;
}
