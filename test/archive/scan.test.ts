import { closeSync, mkdirSync, openSync } from 'node:fs';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SegmentClosedEntry } from '../../src/archive/entries.ts';
import { JournalWriter } from '../../src/archive/journal.ts';
import { JOURNAL_DIR, segmentPath } from '../../src/archive/layout.ts';
import { removeSegment } from '../../src/archive/remove-segment.ts';
import { type ScanItem, scanDrive } from '../../src/archive/scan.ts';
import { measureUsedBytes } from '../../src/archive/used-bytes.ts';
import { walkSegments } from '../../src/archive/walk.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { encodeLine } from '../../src/base/ndjson.ts';
import { DAY_MS, MINUTE_MS } from '../../src/base/units.ts';
import type { HeldDirectory } from '../../src/disk/held-directory.ts';
import {
  closeSegment,
  madeUpFragments,
  openSegment,
  START_UTC_MS,
  segmentName,
  temporaryDrive,
  UNIT,
} from './temporary-drive.ts';

async function record(
  drive: HeldDirectory,
  seq: number,
  startUtcMs = START_UTC_MS + seq * MINUTE_MS,
): Promise<SegmentClosedEntry> {
  const file = await openSegment(drive, { seq, startUtcMs });
  for (const fragment of madeUpFragments(2)) await file.appendFragment(fragment);
  await closeSegment(drive, file);
  return file.closedEntry();
}

async function writeJournal(
  root: string,
  nowUtcMs: number,
  entries: readonly Parameters<JournalWriter['append']>[0][],
) {
  const writer = new JournalWriter({ folder: join(root, JOURNAL_DIR), clock: new ManualClock(nowUtcMs) });
  await writer.start();
  for (const entry of entries) writer.append(entry);
  await writer.stop();
}

async function scan(root: string): Promise<ScanItem[]> {
  const items: ScanItem[] = [];
  for await (const batch of scanDrive(root)) items.push(...batch);
  return items;
}

const GAP = {
  kind: 'gap',
  id: 'g1',
  unit: UNIT,
  channelId: '7f3a91c2',
  fromUtcMs: 1,
  toUtcMs: null,
  cause: 'no-data',
  detail: '',
} as const;

describe('scanDrive', () => {
  it('takes files from the journal, and from themselves where the journal has no line', async () => {
    const { root, drive } = await temporaryDrive();
    const inJournal = await record(drive, 1);
    const notInJournal = await record(drive, 2);
    // A mark in the line shows where the entry came from.
    await writeJournal(root, START_UTC_MS, [{ ...inJournal, videoFrames: 999 }, GAP]);
    expect(await scan(root)).toEqual([
      { kind: 'entry', entry: expect.objectContaining(GAP) },
      { kind: 'closed', source: 'journal', entry: expect.objectContaining({ path: inJournal.path, videoFrames: 999 }) },
      { kind: 'closed', source: 'file', entry: notInJournal },
    ]);
  });

  it('does not believe in files that are gone', async () => {
    const { root, drive } = await temporaryDrive();
    const entry = await record(drive, 1);
    await writeJournal(root, START_UTC_MS, [entry]);
    await rm(join(root, entry.path));
    expect(await scan(root)).toEqual([]);
  });

  it('matches a segment that was closed on the next day', async () => {
    const { root, drive } = await temporaryDrive();
    const lateUtcMs = Date.UTC(2026, 2, 1, 23, 59);
    const entry = await record(drive, 1, lateUtcMs);
    await writeJournal(root, lateUtcMs + 5 * MINUTE_MS, [entry]);
    expect(await scan(root)).toMatchObject([{ kind: 'closed', source: 'journal' }]);
  });

  it('reads the file when its line was written days later, by a repair', async () => {
    const { root, drive } = await temporaryDrive();
    const entry = await record(drive, 1);
    await writeJournal(root, START_UTC_MS + 9 * DAY_MS, [entry, GAP]);
    expect(await scan(root)).toMatchObject([{ kind: 'closed', source: 'file', entry }, { kind: 'entry' }]);
  });

  it('names files that are open, and files that cannot be read', async () => {
    const { root, drive } = await temporaryDrive();
    const open = await openSegment(drive, { seq: 1 });
    await open.appendFragment(madeUpFragments(1)[0]!);
    const broken = await record(drive, 2);
    await truncate(join(root, broken.path), 10);
    await writeFile(join(root, dirname(broken.path), 'notes.txt'), 'not a segment');
    expect(await scan(root)).toMatchObject([
      { kind: 'unclosed', path: open.path },
      { kind: 'unreadable', path: broken.path, reason: expect.stringContaining('does not begin like a segment') },
    ]);
    await open.abandon();
  });

  it('of a drive without footage is empty', async () => {
    const { root } = await temporaryDrive();
    expect(await scan(root)).toEqual([]);
  });

  it('streams 100,000 segments in less than 10 seconds', async () => {
    const { root } = await temporaryDrive();
    const CHANNELS = 64;
    const DAYS = 6;
    const PER_DAY = 261;
    await makeManySegments(root, CHANNELS, DAYS, PER_DAY);
    const before = process.memoryUsage().rss;
    const startedMs = performance.now();
    let count = 0;
    let largestBatch = 0;
    for await (const batch of scanDrive(root)) {
      count += batch.filter((item) => item.kind === 'closed' && item.source === 'journal').length;
      largestBatch = Math.max(largestBatch, batch.length);
    }
    const elapsedMs = performance.now() - startedMs;
    const grownMb = (process.memoryUsage().rss - before) / 1e6;
    process.stdout.write(`scan of ${count} segments: ${(elapsedMs / 1000).toFixed(1)} s, ${grownMb.toFixed(0)} MB\n`);
    expect(count).toBe(CHANNELS * DAYS * PER_DAY);
    expect(count).toBeGreaterThan(100_000);
    expect(largestBatch).toBeLessThanOrEqual(1_000);
    expect(elapsedMs).toBeLessThan(10_000);
  }, 120_000);
});

describe('walkSegments', () => {
  it('gives the oldest first, across channels and days', async () => {
    const { root, drive } = await temporaryDrive();
    const starts = [5, 3, 9].map((hours) => START_UTC_MS + hours * 3_600_000);
    const channels = ['7f3a91c2-a', '00000001-b', 'ffffffff-c'];
    for (const [i, startUtcMs] of [...starts, START_UTC_MS + 2 * DAY_MS].entries()) {
      await (await openSegment(drive, { channelId: channels[i % 3]!, startUtcMs, seq: i })).abandon();
    }
    const found: number[] = [];
    for await (const { name } of walkSegments(root)) found.push(name.seq);
    expect(found).toEqual([1, 0, 2, 3]);
    for await (const { name } of walkSegments(root, { unit: 'ffffffff' })) expect(name).toBeUndefined();
  });
});

describe('room', () => {
  it('is measured by the sizes of files, and freed by deleting them with their empty folders', async () => {
    const { root, drive } = await temporaryDrive();
    const [first, second] = [await record(drive, 1), await record(drive, 2)];
    expect(await measureUsedBytes(root)).toBe(first.sizeBytes + second.sizeBytes);
    expect(await removeSegment(drive, first.path)).toBe(first.sizeBytes);
    expect(await measureUsedBytes(root)).toBe(second.sizeBytes);
    expect(await removeSegment(drive, first.path)).toBe(0);
    expect(await removeSegment(drive, second.path)).toBe(second.sizeBytes);
    expect(await scan(root)).toEqual([]);
    await expect(removeSegment(drive, 'holdfast/drive.json')).rejects.toThrow('is not the path of a segment');
  });
});

/** Names and journal lines as a drive has them; the files are empty, because a scan does not open what the journal knows. */
async function makeManySegments(root: string, channels: number, days: number, perDay: number): Promise<void> {
  const entryOf = (channel: number, day: number, index: number) => {
    const startUtcMs = Date.UTC(2026, 2, 1 + day) + index * 5 * MINUTE_MS;
    const name = segmentName({ channelId: channel.toString(16).padStart(8, '0'), seq: index, startUtcMs });
    return { name, path: segmentPath(name) };
  };
  let n = 1;
  for (let day = 0; day < days; day++) {
    const lines: string[] = [];
    for (let channel = 0; channel < channels; channel++) {
      mkdirSync(dirname(join(root, entryOf(channel, day, 0).path)), { recursive: true });
      for (let index = 0; index < perDay; index++) {
        const { name, path } = entryOf(channel, day, index);
        closeSync(openSync(join(root, path), 'w')); // synchronous: 100,000 promises take longer than the test
        const { unit, channelId, stream, boot, seq, startUtcMs } = name;
        const entry: SegmentClosedEntry = {
          ...{ kind: 'segment-closed', unit, channelId, stream, boot, seq, path, startUtcMs },
          ...{ endUtcMs: startUtcMs + 5 * MINUTE_MS, sizeBytes: 75_000_000, videoFrames: 7500, videoCodec: 'h264' },
          ...{ width: 1920, height: 1080, audioCodec: 'aac', hash: '0'.repeat(64), clock: 'synced', isRepaired: false },
        };
        lines.push(encodeLine({ n: n++, t: new Date(startUtcMs).toISOString(), ...entry }));
      }
    }
    await writeFile(
      join(root, JOURNAL_DIR, `${new Date(Date.UTC(2026, 2, 1 + day)).toISOString().slice(0, 10)}.ndjson`),
      lines.join(''),
    );
  }
}
