import { constants } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { encodeLine } from '../base/ndjson.ts';
import { closeFd, openFd, readFully, statFd, syncFd, writeFully } from '../disk/raw-file.ts';
import type { ArchiveEntry, StoredEntry } from './entries.ts';
import { lastNumberOf } from './journal-files.ts';
import { dayOf } from './layout.ts';

/** Lines that wait for a drive which cannot be written to: a week of gaps of 64 channels is about 2,000. */
const MAX_PENDING = 100_000;

export interface JournalOptions {
  /** Existing folder: `drive.path(JOURNAL_DIR)` through the held directory, or `<state>/ledger`. */
  readonly folder: string;
  readonly clock: Clock;
  /** `drive.dev`: a file on another device is refused. */
  readonly device?: number;
  /** `drive.run`, so that the drive's bound on operations holds. */
  readonly run?: <T>(operation: () => Promise<T>) => Promise<T>;
}

/**
 * One line per fact, numbered without end, a file for each day of the wall clock. `append` only buffers: what it is told becomes
 * durable by `flush` and then by the drive's sync (`flush({sync: true})` where there is none).
 */
export class JournalWriter {
  readonly #options: JournalOptions;
  #nextNumber = 0;
  #pending: { day: string; line: string }[] = [];
  #file: { day: string; fd: number; sizeBytes: number; isLastLineTorn: boolean } | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Finds out with which number to go on. */
  async start(): Promise<void> {
    const { folder, clock } = this.#options;
    const lastNumber = await this.#run(() => lastNumberOf(folder, dayOf(clock.nowUtcMs())));
    this.#nextNumber = lastNumber + 1;
  }

  /** Lines that no `flush` has written yet. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  append(entry: ArchiveEntry): StoredEntry {
    if (this.#nextNumber === 0) throw new AppError('internal', `journal ${this.#options.folder}: not started`);
    if (this.#pending.length >= MAX_PENDING) {
      throw new AppError('drive', `journal ${this.#options.folder}: ${MAX_PENDING} lines could not be written`);
    }
    const t = new Date(this.#options.clock.nowUtcMs()).toISOString();
    // First for whoever reads the file, and last so that no row that was read elsewhere brings its own.
    const place = { n: this.#nextNumber++, t };
    const stored: StoredEntry = { ...place, ...entry, ...place };
    this.#pending.push({ day: t.slice(0, 10), line: encodeLine(stored) });
    return stored;
  }

  /** Writes what was appended before the call. When it fails the lines stay, and the next call writes them at the same place. */
  flush(options: { sync?: boolean } = {}): Promise<void> {
    const flush = this.#flushing.then(() => this.#flushNow(options.sync ?? false));
    this.#flushing = flush.catch(() => undefined); // told to whoever asked
    return flush;
  }

  async stop(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#closeFile();
    }
  }

  /** Lets go of the file, for a drive that has gone: nothing is written or awaited any more. */
  abandon(): void {
    this.#closeFile().catch(() => undefined); // the descriptor is gone either way
  }

  async #flushNow(sync: boolean): Promise<void> {
    while (this.#pending.length > 0) {
      const { day } = this.#pending[0]!;
      let count = this.#pending.findIndex((line) => line.day !== day);
      if (count === -1) count = this.#pending.length;
      const lines = this.#pending.slice(0, count).map(({ line }) => line);
      await this.#run(() => this.#write(day, lines.join(''), sync));
      this.#pending.splice(0, count);
    }
  }

  async #write(day: string, text: string, sync: boolean): Promise<void> {
    if (this.#file?.day !== day) {
      await this.#closeFile();
      this.#file = await openDay(this.#options.folder, day, this.#options.device);
    }
    const file = this.#file;
    // A line that a power cut has torn must not swallow the next one.
    const bytes = Buffer.from(file.isLastLineTorn ? `\n${text}` : text, 'utf8');
    await writeFully(file.fd, [bytes], file.sizeBytes);
    file.sizeBytes += bytes.length;
    file.isLastLineTorn = false;
    if (sync) await syncFd(file.fd);
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await closeFd(file.fd);
  }

  #run<T>(operation: () => Promise<T>): Promise<T> {
    return this.#options.run === undefined ? operation() : this.#options.run(operation);
  }
}

async function openDay(folder: string, day: string, device: number | undefined) {
  const fd = await openFd(join(folder, `${day}.ndjson`), constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const { size: sizeBytes, dev } = await statFd(fd);
    if (device !== undefined && dev !== device) {
      throw new AppError('drive', `journal ${folder}: ${day} is on device ${dev}, the drive is device ${device}`);
    }
    const last = Buffer.alloc(1);
    const read = sizeBytes === 0 ? 0 : await readFully(fd, last, sizeBytes - 1);
    return { day, fd, sizeBytes, isLastLineTorn: read === 1 && last[0] !== NEWLINE };
  } catch (error) {
    await closeFd(fd);
    throw error;
  }
}

const NEWLINE = 0x0a;
