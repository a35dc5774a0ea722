import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArchiveEntry, GapEntry, SegmentClosedEntry } from '../../src/archive/entries.ts';
import { journalFolder, segmentPath } from '../../src/archive/layout.ts';
import { encodeLine } from '../../src/base/ndjson.ts';

export const UNIT = 'aabbccdd';
export const START_UTC_MS = Date.parse('2026-03-01T00:00:00Z');
export const SEGMENT_MS = 300_000;

export function channelId(index: number): string {
  return `${index.toString(16).padStart(8, '0')}-camera`;
}

/** A segment of 5 minutes; `seq` is its place over all channels. */
export function closedEntry(seq: number, channels = 1): SegmentClosedEntry {
  const name = {
    unit: UNIT,
    channelId: channelId(seq % channels),
    stream: 'main' as const,
    boot: 1,
    seq,
    startUtcMs: START_UTC_MS + Math.floor(seq / channels) * SEGMENT_MS,
  };
  return {
    kind: 'segment-closed',
    ...name,
    path: segmentPath(name),
    endUtcMs: name.startUtcMs + SEGMENT_MS,
    sizeBytes: 75_000_000,
    videoFrames: 7_500,
    videoCodec: 'h264',
    width: 1920,
    height: 1080,
    audioCodec: null,
    hash: seq.toString(16).padStart(64, '0'),
    clock: 'synced',
    isRepaired: false,
  };
}

export function gapEntry(count: number, toUtcMs: number | null = START_UTC_MS + 60_000): GapEntry {
  return {
    kind: 'gap',
    id: `${UNIT}-1-${count}`,
    unit: UNIT,
    channelId: channelId(0),
    fromUtcMs: START_UTC_MS,
    toUtcMs,
    cause: 'camera-unreachable',
    detail: 'no answer from 10.0.0.5:554',
  };
}

/** Journal lines, each day in its file, numbered from `firstN`. */
export async function writeJournal(folder: string, entries: readonly ArchiveEntry[], firstN = 1): Promise<void> {
  await mkdir(folder, { recursive: true });
  const days = new Map<string, string[]>();
  for (const [index, entry] of entries.entries()) {
    const atUtcMs = entry.kind === 'segment-closed' ? entry.endUtcMs : START_UTC_MS;
    const t = new Date(atUtcMs).toISOString();
    const lines = days.get(t.slice(0, 10)) ?? [];
    lines.push(encodeLine({ n: firstN + index, t, ...entry }));
    days.set(t.slice(0, 10), lines);
  }
  for (const [day, lines] of days) await writeFile(join(folder, `${day}.ndjson`), lines.join(''), { flag: 'a' });
}

/** A drive as a scan sees it: a journal, and a file by name for each segment (what the journal knows is not opened). */
export async function writeSyntheticDrive(root: string, entries: readonly SegmentClosedEntry[]): Promise<void> {
  for (const folder of new Set(entries.map((entry) => dirname(entry.path)))) {
    await mkdir(join(root, folder), { recursive: true });
  }
  for (let index = 0; index < entries.length; index += 500) {
    await Promise.all(entries.slice(index, index + 500).map((entry) => writeFile(join(root, entry.path), '')));
  }
  await writeJournal(journalFolder(root), entries);
}
