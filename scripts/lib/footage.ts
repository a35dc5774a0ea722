import { openSegmentReader } from '../../src/archive/segment-reader.ts';
import { mergeSpans, type Span } from './coverage.ts';
import { listMp4Files } from './recorded-frames.ts';

/** A segment as its file tells, without catalog and journal. */
export interface FootageFile {
  readonly path: string;
  readonly startUtcMs: number;
  readonly endUtcMs: number;
  readonly isClosed: boolean;
  /** One for each run of fragments without a hole. */
  readonly spans: readonly Span[];
}

export interface ChannelFootage {
  /** Oldest first. */
  readonly files: FootageFile[];
  readonly spans: Span[];
}

/** What is less than a second apart is one: frame times and the smoothing of the clock, not a loss. */
const JOIN_MS = 1_000;

/** Whatever the bays hold, by channel id. */
export async function readFootage(bays: readonly string[]): Promise<Map<string, ChannelFootage>> {
  const filesOf = new Map<string, FootageFile[]>();
  for (const bay of bays) {
    for (const path of await listMp4Files(bay)) {
      const reader = await openSegmentReader(path);
      try {
        const spans = reader.fragments.map(({ wallUtcMs, duration90k }) => ({
          fromUtcMs: wallUtcMs,
          toUtcMs: wallUtcMs + duration90k / 90,
        }));
        const { channelId, startUtcMs } = reader.identity.name;
        const { endUtcMs, isClosed } = reader;
        const files = filesOf.get(channelId) ?? [];
        filesOf.set(channelId, files);
        files.push({ path, startUtcMs, endUtcMs, isClosed, spans: mergeSpans(spans, JOIN_MS) });
      } finally {
        await reader.close();
      }
    }
  }
  return new Map([...filesOf].map(([channelId, files]) => [channelId, toFootage(files)]));
}

function toFootage(files: FootageFile[]): ChannelFootage {
  files.sort((a, b) => a.startUtcMs - b.startUtcMs);
  const spans = mergeSpans(
    files.flatMap((file) => file.spans),
    JOIN_MS,
  );
  return { files, spans };
}
