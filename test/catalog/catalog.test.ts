import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArchiveEntry } from '../../src/archive/entries.ts';
import { Catalog } from '../../src/catalog/catalog.ts';
import { channelId, closedEntry, gapEntry, SEGMENT_MS, START_UTC_MS, UNIT } from './synthetic-drive.ts';

let folder: string;
let catalog: Catalog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-catalog-'));
  catalog = new Catalog({ path: join(folder, 'catalog.sqlite') });
  await catalog.start();
});
afterEach(async () => {
  await catalog.stop();
  await rm(folder, { recursive: true });
});

const onDrive = (driveId: string, ...entries: ArchiveEntry[]) => entries.map((entry) => ({ driveId, entry }));
const opened = (seq: number): ArchiveEntry => {
  const { unit, channelId, stream, boot, path, startUtcMs } = closedEntry(seq);
  return { kind: 'segment-opened', unit, channelId, stream, boot, seq, path, startUtcMs };
};
const deleted = (seq: number): ArchiveEntry => {
  const { unit, channelId, stream, boot, path } = closedEntry(seq);
  return { kind: 'segment-deleted', unit, channelId, stream, boot, seq, path, reason: 'room' };
};
const all = () => catalog.segmentsOf(channelId(0), 0, START_UTC_MS * 2);

describe('segments of a span', () => {
  beforeEach(() => catalog.apply(onDrive('drive-a', ...[0, 1, 2, 3].map((seq) => closedEntry(seq)))));

  const minutes = (count: number) => START_UTC_MS + count * 60_000;
  it.each([
    { name: 'the whole', from: minutes(0), to: minutes(20), seqs: [0, 1, 2, 3] },
    { name: 'an instant inside one', from: minutes(7), to: minutes(7) + 1, seqs: [1] },
    { name: 'from border to border', from: minutes(5), to: minutes(10), seqs: [1] },
    { name: 'a millisecond over the border', from: minutes(5) - 1, to: minutes(10) + 1, seqs: [0, 1, 2] },
    { name: 'before everything', from: minutes(-60), to: minutes(0), seqs: [] },
    { name: 'after everything', from: minutes(20), to: minutes(60), seqs: [] },
  ])('$name', async ({ from, to, seqs }) => {
    const found = await catalog.segmentsOf(channelId(0), from, to);
    expect(found.map((segment) => segment.seq)).toEqual(seqs);
  });

  it('gives back what the entry said', async () => {
    const { kind, stream, clock, ...fields } = closedEntry(2);
    expect(await catalog.segment(UNIT, 1, 2)).toEqual({ ...fields, driveId: 'drive-a', root: null });
    expect(await catalog.segment(UNIT, 1, 99)).toBeUndefined();
  });

  it('names the nearest footage around a time without any', async () => {
    const near = await catalog.nearestSegments(channelId(0), minutes(60));
    expect(near.before?.seq).toBe(3);
    expect(near.after).toBeUndefined();
    expect((await catalog.nearestSegments(channelId(0), minutes(-5))).after?.seq).toBe(0);
  });

  it('keeps segments of a drive that is away, without a place to read them from', async () => {
    await catalog.setDrives([{ driveId: 'drive-a', root: '/bays/1' }]);
    expect((await all()).map((segment) => segment.root)).toEqual(Array(4).fill('/bays/1'));
    await catalog.setDrives([]);
    expect((await all()).map((segment) => segment.root)).toEqual(Array(4).fill(null));
  });

  it('sums each drive, and knows the last footage of a channel', async () => {
    expect(await catalog.driveFigures()).toEqual([
      {
        driveId: 'drive-a',
        footageBytes: 300_000_000,
        segmentCount: 4,
        oldestUtcMs: START_UTC_MS,
        newestUtcMs: START_UTC_MS + 4 * SEGMENT_MS,
      },
    ]);
    expect(await catalog.lastFootage([channelId(0), channelId(1)])).toEqual(
      new Map([[channelId(0), START_UTC_MS + 4 * SEGMENT_MS]]),
    );
  });
});

describe('copies of a segment on several drives', () => {
  it('count once, read from the drive that is there', async () => {
    await catalog.apply([...onDrive('drive-a', closedEntry(0)), ...onDrive('drive-b', closedEntry(0))]);
    await catalog.setDrives([{ driveId: 'drive-b', root: '/bays/2' }]);
    expect((await all()).map(({ driveId }) => driveId)).toEqual(['drive-b']);
    await catalog.setDrives([{ driveId: 'drive-a', root: '/bays/2' }]);
    expect((await all()).map(({ driveId }) => driveId)).toEqual(['drive-a']);
  });

  it('of which one was cut off by a pulled drive, the whole one is read', async () => {
    await catalog.apply([...onDrive('drive-a', opened(0)), ...onDrive('drive-b', closedEntry(0))]);
    await catalog.setDrives([
      { driveId: 'drive-a', root: '/bays/1' },
      { driveId: 'drive-b', root: '/bays/2' },
    ]);
    expect((await all()).map(({ driveId, endUtcMs }) => [driveId, endUtcMs === null])).toEqual([['drive-b', false]]);
  });

  it('outlive the deletion of one of them', async () => {
    await catalog.apply([...onDrive('drive-a', closedEntry(0)), ...onDrive('drive-b', closedEntry(0))]);
    await catalog.apply(onDrive('drive-a', deleted(0)));
    expect((await all()).map(({ driveId }) => driveId)).toEqual(['drive-b']);
  });
});

describe('what is said again', () => {
  it('an opened segment never undoes a closed one', async () => {
    await catalog.apply(onDrive('drive-a', opened(0)));
    expect((await all())[0]?.endUtcMs).toBeNull();
    await catalog.apply(onDrive('drive-a', closedEntry(0)));
    await catalog.apply(onDrive('drive-a', opened(0)));
    expect((await all())[0]?.endUtcMs).toBe(START_UTC_MS + SEGMENT_MS);
  });

  it('a gap that has ended does not begin to last again', async () => {
    await catalog.apply([{ driveId: undefined, entry: gapEntry(1, null) }]);
    await catalog.apply([{ driveId: undefined, entry: gapEntry(1) }]);
    await catalog.apply(onDrive('drive-a', gapEntry(1, null)));
    const gaps = await catalog.gapsOf({ fromUtcMs: 0, toUtcMs: START_UTC_MS * 2 });
    expect(gaps).toMatchObject([{ id: `${UNIT}-1-1`, toUtcMs: START_UTC_MS + 60_000, cause: 'camera-unreachable' }]);
    expect(await catalog.gapsOf({ channelId: channelId(1), fromUtcMs: 0, toUtcMs: START_UTC_MS * 2 })).toEqual([]);
  });

  it('a gap that was open and ended where it began was none', async () => {
    const open = gapEntry(1, null);
    const span = { fromUtcMs: 0, toUtcMs: START_UTC_MS * 2 };
    await catalog.apply([{ driveId: undefined, entry: open }]);
    expect(await catalog.gapsOf(span)).toHaveLength(1);
    await catalog.apply([{ driveId: undefined, entry: { ...open, toUtcMs: open.fromUtcMs } }]);
    expect(await catalog.gapsOf(span)).toEqual([]);
  });

  it('the end is the same in any cut into batches, and when all is said twice', async () => {
    const story = fc.array(
      fc.record({ seq: fc.integer({ min: 0, max: 5 }), step: fc.constantFrom('opened', 'closed', 'deleted') }),
      { maxLength: 25 },
    );
    const make = { opened, closed: closedEntry, deleted };
    await fc.assert(
      fc.asyncProperty(story, fc.integer({ min: 1, max: 25 }), async (steps, size) => {
        const entries = steps.map(({ seq, step }) => make[step as keyof typeof make](seq));
        await catalog.clear();
        for (const entry of entries) await catalog.apply(onDrive('drive-a', entry));
        const oneByOne = await all();
        await catalog.clear();
        for (let index = 0; index < entries.length; index += size) {
          await catalog.apply(onDrive('drive-a', ...entries.slice(index, index + size)));
        }
        expect(await all()).toEqual(oneByOne);
        await catalog.apply(onDrive('drive-a', ...entries));
        expect(await all()).toEqual(oneByOne);
      }),
      { numRuns: 40 },
    );
  });
});
