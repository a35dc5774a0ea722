import { lastNumberOf } from '../archive/journal-files.ts';
import { readJournal } from '../archive/journal-reader.ts';
import { dayOf, journalFolder } from '../archive/layout.ts';
import { type ScanItem, scanDrive } from '../archive/scan.ts';
import type { SourcedEntry } from './apply.ts';
import type { Catalog, MountedDrive } from './catalog.ts';

/** Mark of the ledger on the state partition; drives have theirs by their id. */
const LEDGER = '';

/** Rows in one transaction: a few per second on a slow card, and never long in the way of the facts that come meanwhile. */
const BATCH = 5_000;

/**
 * Lines before the mark that are read again: the mark may be durable when the last seconds of a journal were lost in a power cut,
 * and the numbers were then given anew.
 */
const OVERLAP = 1_000;

/** Reading stops between two batches when its signal is aborted; the mark says from where to go on. */
export interface ReadOptions {
  readonly nowUtcMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface SourceResult {
  readonly entries: number;
  readonly unreadable: number;
}

/** Brings the catalog up to what a drive holds: its journal from the mark on, or the whole drive when it was never read. */
export async function readDrive(catalog: Catalog, drive: MountedDrive, options: ReadOptions): Promise<SourceResult> {
  const { driveId, root } = drive;
  const folder = journalFolder(root);
  const mark = await catalog.markOf(driveId);
  const lastNumber = await lastNumberOf(folder, dayOf(options.nowUtcMs));
  // A journal that is shorter than what was read of it has lost lines: the files are asked.
  if (mark === undefined || lastNumber < mark) return scanWhole(catalog, drive, lastNumber, options.signal);
  return {
    entries: await readLines(catalog, { source: driveId, driveId, folder, mark }, options.signal),
    unreadable: 0,
  };
}

/** The same for the ledger on the state partition. */
export async function readLedger(catalog: Catalog, folder: string, signal?: AbortSignal): Promise<SourceResult> {
  const mark = (await catalog.markOf(LEDGER)) ?? 0;
  return {
    entries: await readLines(catalog, { source: LEDGER, driveId: undefined, folder, mark }, signal),
    unreadable: 0,
  };
}

async function scanWhole(
  catalog: Catalog,
  { driveId, root }: MountedDrive,
  lastNumber: number,
  signal: AbortSignal | undefined,
): Promise<SourceResult> {
  await catalog.forgetDrive(driveId);
  let batch: SourcedEntry[] = [];
  let entries = 0;
  let unreadable = 0;
  for await (const items of scanDrive(root)) {
    signal?.throwIfAborted();
    for (const item of items) {
      const entry = entryOf(item);
      if (entry) batch.push({ driveId, entry });
      else unreadable++;
    }
    if (batch.length < BATCH) continue;
    await catalog.apply(batch);
    entries += batch.length;
    batch = [];
  }
  // What was written while the walk went on stands behind this number.
  await catalog.apply(batch, { source: driveId, n: lastNumber });
  return { entries: entries + batch.length, unreadable };
}

async function readLines(
  catalog: Catalog,
  from: { source: string; driveId: string | undefined; folder: string; mark: number },
  signal: AbortSignal | undefined,
): Promise<number> {
  const { source, driveId, folder, mark } = from;
  let batch: SourcedEntry[] = [];
  let last = mark;
  let count = 0;
  for await (const stored of readJournal(folder, { afterN: Math.max(0, mark - OVERLAP) })) {
    const { n, t, ...entry } = stored;
    batch.push({ driveId, entry });
    last = Math.max(last, n);
    if (n > mark) count++;
    if (batch.length < BATCH) continue;
    signal?.throwIfAborted();
    await catalog.apply(batch, { source, n: last });
    batch = [];
  }
  if (batch.length > 0) await catalog.apply(batch, { source, n: last });
  return count;
}

function entryOf(item: ScanItem): SourcedEntry['entry'] | undefined {
  switch (item.kind) {
    case 'closed':
    case 'entry':
      return item.entry;
    case 'unclosed':
      return { kind: 'segment-opened', ...item.name, path: item.path };
    case 'unreadable':
      return undefined;
  }
}
