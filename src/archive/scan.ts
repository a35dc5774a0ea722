import { join } from 'node:path';
import { AppError, messageOf } from '../base/errors.ts';
import type { HeldDirectory } from '../disk/held-directory.ts';
import type { SegmentClosedEntry, StoredEntry } from './entries.ts';
import { journalDays } from './journal-files.ts';
import { type JournalCounts, readJournalDay } from './journal-reader.ts';
import { journalFolder, parseSegmentPath, type SegmentName } from './layout.ts';
import { openSegmentReader } from './segment-reader.ts';
import { footageDays, segmentsOfDay } from './walk.ts';

export type ScanItem =
  /** A file that exists and is closed. */
  | { readonly kind: 'closed'; readonly source: 'journal' | 'file'; readonly entry: SegmentClosedEntry }
  /** A file that is being written, or waits for its repair. */
  | { readonly kind: 'unclosed'; readonly name: SegmentName; readonly path: string }
  /** A file that cannot be read. */
  | { readonly kind: 'unreadable'; readonly name: SegmentName; readonly path: string; readonly reason: string }
  /** Gaps, locks, custody: everything in the journal that is not about a single segment. */
  | { readonly kind: 'entry'; readonly entry: StoredEntry };

/** Items come in batches of about this many, so that whoever stores them can do so in one transaction. */
const BATCH_ITEMS = 1_000;

/**
 * Everything that a catalog needs to know of a drive, day by day, in bounded memory. The files win: a journal line without its file
 * means that it was deleted, and of a file without a journal line the file itself is read. No other file is opened.
 */
export async function* scanDrive(root: string, counts?: JournalCounts): AsyncGenerator<ScanItem[]> {
  const journal = journalFolder(root);
  const footage = await footageDays(root);
  const written = await journalDays(journal);
  // A segment of one day may be closed on the next: its line is then in the journal of that one.
  const closed = new Map<string, SegmentClosedEntry>();
  let batch: ScanItem[] = [];
  let nextJournal = 0;
  for (const day of [...new Set([...footage.keys(), ...written])].sort()) {
    for (
      const dayAfter = nextDay(day);
      nextJournal < written.length && written[nextJournal]! <= dayAfter;
      nextJournal++
    ) {
      for await (const entries of readJournalDay(journal, written[nextJournal]!, counts)) {
        for (const entry of entries) collect(entry, closed, batch);
        if (batch.length >= BATCH_ITEMS) {
          yield batch;
          batch = [];
        }
      }
    }
    for (const { name, path } of await segmentsOfDay(root, footage.get(day) ?? [])) {
      const entry = closed.get(path);
      const item: ScanItem | undefined =
        entry === undefined ? await readItem(root, name, path) : { kind: 'closed', source: 'journal', entry };
      if (item !== undefined) batch.push(item);
      if (batch.length >= BATCH_ITEMS) {
        yield batch;
        batch = [];
      }
    }
    forgetUpTo(day, closed);
  }
  if (batch.length > 0) yield batch;
}

/** Files that are not known to be closed, oldest first: what a start after a crash has to repair. */
export async function* findUnclosed(drive: HeldDirectory): AsyncGenerator<string> {
  for await (const batch of scanDrive(drive.path('.'))) {
    for (const item of batch) {
      if (item.kind === 'unclosed' || item.kind === 'unreadable') yield item.path;
    }
  }
}

/** What the file itself says; undefined when it was deleted meanwhile. */
export async function readItem(root: string, name: SegmentName, path: string): Promise<ScanItem | undefined> {
  try {
    const reader = await openSegmentReader(join(root, path));
    try {
      if (!reader.isClosed) return { kind: 'unclosed', name, path };
      return { kind: 'closed', source: 'file', entry: await reader.closedEntry() };
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    if (error instanceof AppError && error.kind !== 'corrupt') throw error;
    // A file without even its front may just have been created, or never reached the drive: repair decides.
    return { kind: 'unreadable', name, path, reason: messageOf(error) };
  }
}

function collect(entry: StoredEntry, closed: Map<string, SegmentClosedEntry>, batch: ScanItem[]): void {
  switch (entry.kind) {
    case 'segment-closed':
      closed.set(entry.path, entry);
      return;
    case 'segment-deleted':
      closed.delete(entry.path);
      return;
    case 'segment-opened':
      return; // the file says so itself
    default:
      batch.push({ kind: 'entry', entry });
  }
}

/** Lines of days that have been dealt with; those of later days are still to be matched. */
function forgetUpTo(day: string, closed: Map<string, SegmentClosedEntry>): void {
  for (const path of closed.keys()) {
    const name = parseSegmentPath(path);
    if (name === undefined || path.split('/')[4]! <= day) closed.delete(path);
  }
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
