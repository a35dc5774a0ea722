import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openSegmentReader, type SegmentReader } from '../archive/segment-reader.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, errnoCode, isAppError, messageOf } from '../base/errors.ts';
import type { CatalogSegment } from '../catalog/rows.ts';
import { BoundedOperations } from '../disk/bounded-operations.ts';

/** Open files of all who play and export together: two hours in files of 5 minutes are 24. */
export const MAX_OPEN_SEGMENTS = 64;

/**
 * An index is kept that long after its last use. Not longer: an open file keeps a drive from being unmounted, and the room of a
 * deleted file from being freed.
 */
export const IDLE_MS = 15_000;

/** A drive that is asleep needs up to 10 s to spin up; one that has not answered by then hangs. */
const OPEN_TIMEOUT_MS = 15_000;

export type SegmentAddress = Pick<CatalogSegment, 'unit' | 'boot' | 'seq' | 'driveId' | 'root' | 'path'>;

export interface SegmentLease {
  readonly reader: SegmentReader;
  /** Once, when done; the file may be closed from then on. */
  release(): void;
}

/**
 * Segments that are open for reading, with their indexes. Each use checks that the file is still there under its path, so what was
 * deleted is not found any more; one that is being written is read up to its last whole fragment.
 */
export class SegmentShelf {
  readonly #clock: Clock;
  /** The least recently used first. */
  readonly #books = new Map<string, Book>();
  readonly #operations = new Map<string, BoundedOperations>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  start(): void {
    this.#timer = setInterval(() => this.closeIdle(), IDLE_MS / 3);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const books = [...this.#books.values()];
    this.#books.clear();
    await Promise.all(books.map((book) => book.retire()));
  }

  /** Runs `work` with the segment open. */
  async use<T>(segment: SegmentAddress, work: (reader: SegmentReader) => Promise<T> | T): Promise<T> {
    const lease = await this.lease(segment);
    try {
      return await work(lease.reader);
    } catch (error) {
      throw readError(segment, error);
    } finally {
      lease.release();
    }
  }

  /** AppError `not-found` when the file is not there (any more), `drive` when its drive is not, fails, or hangs. */
  async lease(segment: SegmentAddress): Promise<SegmentLease> {
    const { root } = segment;
    if (root === null) throw new AppError('drive', `${nameOf(segment)}: its drive ${segment.driveId} is in no bay`);
    const opened = this.#lease(join(root, segment.path), this.#operationsOf(root));
    const isOpened = new AbortController();
    try {
      return await Promise.race([opened, this.#tooLate(isOpened.signal)]);
    } catch (error) {
      // It may still succeed after it was given up.
      opened.then(
        (lease) => lease.release(),
        () => undefined,
      );
      throw readError(segment, error);
    } finally {
      isOpened.abort();
    }
  }

  closeIdle(): void {
    const now = this.#clock.monotonicMs();
    for (const [key, book] of this.#books) if (now - book.usedMs > IDLE_MS) this.#drop(key, book);
  }

  async #lease(path: string, operations: BoundedOperations): Promise<SegmentLease> {
    const { ino, dev } = await operations.run(() => stat(path));
    let book = this.#books.get(path);
    if (book !== undefined && book.file !== `${dev}/${ino}`) {
      this.#drop(path, book);
      book = undefined;
    }
    if (book === undefined) {
      book = new Book(`${dev}/${ino}`, openSegmentReader(path, { run: (operation) => operations.run(operation) }));
      this.#makeRoom();
    }
    this.#books.delete(path);
    this.#books.set(path, book);
    book.usedMs = this.#clock.monotonicMs();
    try {
      return await book.lease();
    } catch (error) {
      this.#drop(path, book);
      throw error;
    }
  }

  async #tooLate(signal: AbortSignal): Promise<never> {
    await this.#clock.sleep(OPEN_TIMEOUT_MS, signal);
    throw new Error(`did not open within ${OPEN_TIMEOUT_MS / 1000} s`);
  }

  #makeRoom(): void {
    for (const [key, book] of this.#books) {
      if (this.#books.size < MAX_OPEN_SEGMENTS) return;
      this.#drop(key, book);
    }
  }

  #drop(key: string, book: Book): void {
    if (this.#books.get(key) === book) this.#books.delete(key);
    void book.retire();
  }

  #operationsOf(root: string): BoundedOperations {
    const known = this.#operations.get(root);
    if (known !== undefined) return known;
    const operations = new BoundedOperations(root);
    this.#operations.set(root, operations);
    return operations;
  }
}

/** One open file. It is closed when it has been retired and nobody uses it. */
class Book {
  readonly file: string;
  usedMs = 0;
  readonly #reader: Promise<SegmentReader>;
  #refresh: Promise<unknown> = Promise.resolve();
  #users = 0;
  #isRetired = false;
  #isClosed = false;

  constructor(file: string, reader: Promise<SegmentReader>) {
    this.file = file;
    this.#reader = reader;
  }

  async lease(): Promise<SegmentLease> {
    this.#users++;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      this.#users--;
      void this.#closeIfUnused();
    };
    try {
      const reader = await this.#reader;
      if (!reader.isClosed) await this.#refreshed(reader);
      return { reader, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async retire(): Promise<void> {
    this.#isRetired = true;
    await this.#closeIfUnused();
  }

  /** One after the other: two walks over the new end of a file would count its fragments twice. */
  #refreshed(reader: SegmentReader): Promise<unknown> {
    const next = this.#refresh.then(() => reader.refresh());
    this.#refresh = next.catch(() => undefined);
    return next;
  }

  async #closeIfUnused(): Promise<void> {
    if (!this.#isRetired || this.#users > 0 || this.#isClosed) return;
    this.#isClosed = true;
    try {
      await (await this.#reader).close();
    } catch {
      return; // it was never open, or its drive is gone: either way nothing is left to close
    }
  }
}

function nameOf(segment: SegmentAddress): string {
  return `segment ${segment.unit}/${segment.boot}/${segment.seq}`;
}

function readError(segment: SegmentAddress, error: unknown): AppError {
  if (isAppError(error)) return error;
  const code = errnoCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('not-found', `${nameOf(segment)}: is not on drive ${segment.driveId} any more`, {
      cause: error,
    });
  }
  return new AppError('drive', `${nameOf(segment)} on drive ${segment.driveId}: ${messageOf(error)}`, { cause: error });
}
