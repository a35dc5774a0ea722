import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { decodeLine } from '../base/ndjson.ts';
import { ArchiveEntry, type StoredEntry } from './entries.ts';
import { journalDays, lastNumberOfDay } from './journal-files.ts';

/** A longer line was not written by us; reading on to its end would fill the memory. */
const MAX_LINE_BYTES = 64 * 1024;

/** What was passed over; filled while reading. */
export interface JournalCounts {
  entries: number;
  /** Cut, or with a wrong checksum. */
  damaged: number;
  /** Intact, but of a kind that this version does not know. */
  unknown: number;
}

export interface ReadJournalOptions {
  /** Only lines with a higher number. */
  readonly afterN?: number;
  readonly counts?: JournalCounts;
}

/** All entries of a journal or ledger folder, day by day, in the order in which they were written. */
export async function* readJournal(folder: string, options: ReadJournalOptions = {}): AsyncGenerator<StoredEntry> {
  const afterN = options.afterN ?? 0;
  for (const day of await journalDays(folder)) {
    if (afterN > 0 && (await lastNumberOfDay(folder, day)) <= afterN) continue;
    for await (const batch of readJournalDay(folder, day, options.counts)) {
      for (const entry of batch) if (entry.n > afterN) yield entry;
    }
  }
}

/** The entries of one day in batches, as they come from the drive. */
export async function* readJournalDay(
  folder: string,
  day: string,
  counts?: JournalCounts,
): AsyncGenerator<StoredEntry[]> {
  const parser = new JournalParser(counts);
  for await (const chunk of createReadStream(join(folder, `${day}.ndjson`), { highWaterMark: 256 * 1024 })) {
    yield parser.push(chunk as Buffer);
  }
  yield parser.end();
}

/** Lines out of bytes that come in any pieces. */
export class JournalParser {
  readonly #counts: JournalCounts;
  #rest: Buffer = Buffer.alloc(0);
  #isSkipping = false;

  constructor(counts: JournalCounts = { entries: 0, damaged: 0, unknown: 0 }) {
    this.#counts = counts;
  }

  push(chunk: Buffer): StoredEntry[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const entries: StoredEntry[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      if (this.#isSkipping) this.#isSkipping = false;
      else this.#take(bytes.subarray(start, end), entries);
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
    if (this.#rest.length > MAX_LINE_BYTES) {
      if (!this.#isSkipping) this.#counts.damaged++;
      this.#isSkipping = true;
      this.#rest = Buffer.alloc(0);
    }
    return entries;
  }

  /** A last line without its end was cut, unless it happens to be whole. */
  end(): StoredEntry[] {
    const entries: StoredEntry[] = [];
    if (!this.#isSkipping) this.#take(this.#rest, entries);
    this.#rest = Buffer.alloc(0);
    return entries;
  }

  #take(line: Buffer, entries: StoredEntry[]): void {
    if (line.length === 0) return;
    const value = line.length > MAX_LINE_BYTES ? undefined : decodeLine(line.toString('utf8'));
    if (value === undefined) {
      this.#counts.damaged++;
    } else if (isStoredEntry(value)) {
      this.#counts.entries++;
      entries.push(value);
    } else {
      this.#counts.unknown++;
    }
  }
}

const NEWLINE = 0x0a;

/** Schema of each kind, so that one check suffices. */
const SCHEMAS = new Map(ArchiveEntry.anyOf.map((schema) => [schema.properties.kind.const as string, schema]));

function isStoredEntry(value: Record<string, unknown>): value is StoredEntry {
  const schema = typeof value.kind === 'string' ? SCHEMAS.get(value.kind) : undefined;
  if (schema === undefined || !Number.isSafeInteger(value.n) || typeof value.t !== 'string') return false;
  return Value.Check(schema, value);
}
