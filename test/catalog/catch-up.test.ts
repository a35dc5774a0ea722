import { mkdir, mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { journalFolder } from '../../src/archive/layout.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { CatchUp } from '../../src/catalog/catch-up.ts';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import { rebuildCatalog } from '../../src/catalog/rebuild.ts';
import {
  channelId,
  closedEntry,
  gapEntry,
  START_UTC_MS,
  writeJournal,
  writeSyntheticDrive,
} from './synthetic-drive.ts';

let folder: string;
let root: string;
let ledger: string;
let path: string;
let catalog: Catalog;
let catchUp: CatchUp;

async function open(): Promise<void> {
  catalog = await openCatalog({ path, clock: systemClock, log: silentLog });
  const drives = () => [{ driveId: 'drive-a', root }];
  catchUp = new CatchUp({ catalog, ledgerFolder: ledger, drives, clock: systemClock, log: silentLog });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-catch-up-'));
  root = join(folder, 'bay');
  ledger = join(folder, 'ledger');
  path = join(folder, 'catalog.sqlite');
  await mkdir(root);
  await open();
});
afterEach(async () => {
  await catalog.stop();
  await rm(folder, { recursive: true });
});

const seqs = async () => (await catalog.segmentsOf(channelId(0), 0, START_UTC_MS * 2)).map((segment) => segment.seq);
const gapIds = async () => (await catalog.gapsOf({ fromUtcMs: 0, toUtcMs: START_UTC_MS * 2 })).map((gap) => gap.id);
const entries = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => closedEntry(from + index));

describe('catching up', () => {
  it('reads a drive that was never read whole, then only what its journal has new', async () => {
    await writeSyntheticDrive(root, entries(0, 5));
    await catchUp.runOnce();
    expect(await seqs()).toEqual([0, 1, 2, 3, 4]);
    await writeJournal(journalFolder(root), entries(5, 7), 6);
    await catchUp.runOnce();
    expect(await seqs()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await catalog.markOf('drive-a')).toBe(7);
  });

  it('goes on from its mark after a restart, with deletions that came meanwhile', async () => {
    await writeSyntheticDrive(root, entries(0, 3));
    await catchUp.runOnce();
    await catalog.stop();
    const { kind, startUtcMs, ...key } = closedEntry(0);
    await writeJournal(journalFolder(root), [{ ...key, kind: 'segment-deleted', reason: 'room' } as const], 4);
    await open();
    await catchUp.runOnce();
    expect(await seqs()).toEqual([1, 2]);
  });

  it('merges the gaps of the ledger and of the drive by their ids', async () => {
    await writeJournal(ledger, [gapEntry(1, null), gapEntry(1), gapEntry(2)]);
    await writeJournal(journalFolder(root), [gapEntry(2), gapEntry(3)]);
    await catchUp.runOnce();
    expect(await gapIds()).toEqual(['aabbccdd-1-1', 'aabbccdd-1-2', 'aabbccdd-1-3']);
  });

  it('asks the files again when the journal has become shorter', async () => {
    await writeSyntheticDrive(root, entries(0, 4));
    await catchUp.runOnce();
    for (const name of await readdir(journalFolder(root))) await unlink(join(journalFolder(root), name));
    await writeJournal(journalFolder(root), entries(0, 2));
    await unlink(join(root, closedEntry(1).path));
    await catchUp.runOnce();
    // The files win: what has neither a line nor a front that can be read is not footage.
    expect(await seqs()).toEqual([0]);
  });

  it('is not stopped by a drive that cannot be read', async () => {
    await writeJournal(ledger, [gapEntry(1)]);
    await writeFile(join(folder, 'file'), '');
    root = join(folder, 'file');
    await catchUp.runOnce();
    expect(await gapIds()).toHaveLength(1);
  });

  it('takes in 5,000 journal lines within seconds', async () => {
    await writeSyntheticDrive(root, entries(0, 10));
    await catchUp.runOnce();
    await writeJournal(journalFolder(root), entries(10, 5_010), 11);
    const startMs = performance.now();
    await catchUp.runOnce();
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect((await catalog.driveFigures())[0]?.segmentCount).toBe(5_010);
  });
});

describe('a catalog that is missing or damaged', () => {
  beforeEach(async () => {
    await writeSyntheticDrive(root, entries(0, 20));
    await writeJournal(ledger, [gapEntry(1)]);
    await catchUp.runOnce();
    await catalog.stop();
  });

  it.each([
    { name: 'missing', spoil: () => rm(path), kept: false },
    { name: 'not a database', spoil: () => writeFile(path, 'not a database, but long enough'.repeat(200)), kept: true },
    {
      name: 'overwritten in the middle',
      spoil: () => writeFile(path, Buffer.alloc(8192, 0xa5), { flag: 'r+' }),
      kept: true,
    },
  ])('$name is filled again from the drives', async ({ spoil, kept }) => {
    await spoil();
    await open();
    await catchUp.runOnce();
    expect(await seqs()).toHaveLength(20);
    expect(await gapIds()).toHaveLength(1);
    expect((await readdir(folder)).includes('catalog.sqlite.damaged')).toBe(kept);
  });

  it('is built anew on demand, without what only the old one knew', async () => {
    await open();
    await catalog.apply([{ driveId: 'drive-z', entry: closedEntry(500) }]);
    const drives = [{ driveId: 'drive-a', root }];
    const result = await rebuildCatalog({ catalog, ledgerFolder: ledger, drives, clock: systemClock });
    expect(result.entries).toBe(21);
    expect(await seqs()).toHaveLength(20);
  });
});
