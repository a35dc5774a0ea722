import { unlink } from 'node:fs/promises';
import type { SegmentClosedEntry, SegmentOpenedEntry } from '../archive/entries.ts';
import type { JournalWriter } from '../archive/journal.ts';
import { segmentPath } from '../archive/layout.ts';
import { createSegmentFile } from '../archive/segment-file.ts';
import { BoundedQueue } from '../base/bounded-queue.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, errnoCode, isAppError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { HeldDirectory } from '../disk/held-directory.ts';
import type { FragmentInput } from '../media/fmp4/fragment.ts';
import type { CommitPacer } from './commit-pacer.ts';
import type { DriveRoom } from './drive-room.ts';
import { GroupCommit } from './group-commit.ts';
import type { SegmentSink, SegmentSpec, WriterSink } from './segment-sink.ts';

/** After this many attempts to make room a write is given up; each attempt deletes a batch. */
const MAX_ROOM_ATTEMPTS = 8;
/** Well below what may be lost in a crash (1 s) together with a fragment's length; the commit pacer's slack covers it. */
const GATHER_MS = 100;
/** The drive's own bound on operations lets fewer through at a time. */
const MAX_ROUND = 16;

type Operation =
  | { readonly kind: 'open'; readonly sink: WriterSink }
  | { readonly kind: 'fragment'; readonly sink: WriterSink; readonly input: FragmentInput; readonly sizeBytes: number }
  | { readonly kind: 'close'; readonly sink: WriterSink };

export interface DriveWriterOptions {
  readonly held: HeldDirectory;
  readonly journal: JournalWriter;
  readonly room: DriveRoom;
  readonly pacer: CommitPacer;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes of media that may wait for the drive. */
  readonly maxQueueBytes: number;
  readonly preallocateBytes: number;
  onOpened(entry: SegmentOpenedEntry): void;
  onClosed(entry: SegmentClosedEntry): void;
  /** The drive cannot be written to any more. */
  onFailed(error: AppError): void;
}

/**
 * Writes the segments of all channels that a drive takes: one bounded queue, in rounds; one group commit.
 */
export class DriveWriter {
  readonly #options: DriveWriterOptions;
  readonly #queue: BoundedQueue<Operation>;
  readonly #sinks = new Set<WriterSink>();
  readonly #commit: GroupCommit;
  #isWorking = false;
  #hasFailed = false;
  #idleWaiters: (() => void)[] = [];

  constructor(options: DriveWriterOptions) {
    this.#options = options;
    this.#queue = new BoundedQueue({
      maxWeight: options.maxQueueBytes,
      weigh: (operation) => (operation.kind === 'fragment' ? operation.sizeBytes : 0),
    });
    const { held, journal, pacer, clock } = options;
    this.#commit = new GroupCommit({
      ...{ held, journal, pacer, clock },
      sinks: () => this.#sinks,
      onClosed: (sink, entry) => {
        this.#sinks.delete(sink);
        options.onClosed(entry);
      },
      onFailed: (error) => this.fail(asAppError('drive', error)),
    });
  }

  start(): void {
    this.#commit.start();
  }

  /** Closes what is open, writes what waits and makes all of it durable. Channels that still write here go elsewhere. */
  async stop(): Promise<void> {
    const { name } = this.#options.held;
    for (const sink of [...this.#sinks]) {
      if (sink.isClosing) continue;
      sink.close();
      sink.spec.onLost(new AppError('drive', `${name}: taken out of use`));
    }
    await this.#whenIdle();
    await this.#commit.stop();
  }

  get queueBytes(): number {
    return this.#queue.weight;
  }

  get openPaths(): ReadonlySet<string> {
    return new Set([...this.#sinks].map((sink) => sink.path));
  }

  open(spec: SegmentSpec): SegmentSink {
    const sink: WriterSink = {
      spec,
      name: spec.name,
      path: segmentPath(spec.name),
      phase: 'open',
      isClosing: false,
      file: undefined,
      appended: 0,
      written: 0,
      append: (input, sizeBytes) => {
        if (sink.isClosing || !this.#enqueue({ kind: 'fragment', sink, input, sizeBytes })) return false;
        sink.appended++;
        return true;
      },
      close: () => {
        if (sink.isClosing) return;
        sink.isClosing = true;
        this.#enqueue({ kind: 'close', sink });
      },
    };
    this.#sinks.add(sink);
    this.#enqueue({ kind: 'open', sink });
    return sink;
  }

  /** The drive is gone: every sink is told, nothing is awaited. */
  fail(error: AppError): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#commit.abandon();
    this.#queue.clear();
    this.#wakeIdle();
    for (const sink of [...this.#sinks]) this.#lose(sink, error);
    this.#options.onFailed(error);
  }

  #enqueue(operation: Operation): boolean {
    if (this.#hasFailed) return false;
    const isTaken = this.#queue.push(operation);
    if (isTaken && !this.#isWorking) this.#workSoon();
    return isTaken;
  }

  /** Operations gather for a moment, so that waking the threads that write is paid once for several channels. */
  #workSoon(): void {
    this.#isWorking = true;
    setTimeout(() => void this.#work(), GATHER_MS);
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#hasFailed) {
      const round = this.#nextRound();
      await Promise.all(round.map((operation) => this.#settle(operation)));
      // Only now: what is being written counts as waiting.
      if (!this.#hasFailed) for (const _ of round) this.#queue.shift();
    }
    this.#isWorking = false;
    this.#wakeIdle();
  }

  /** From the head of the queue, one operation a segment at most: within a segment they keep their order. */
  #nextRound(): Operation[] {
    const round: Operation[] = [];
    const sinks = new Set<WriterSink>();
    for (let next = this.#queue.peek(); next && round.length < MAX_ROUND; next = this.#queue.peek(round.length)) {
      if (sinks.has(next.sink)) break;
      sinks.add(next.sink);
      round.push(next);
    }
    return round;
  }

  async #settle(operation: Operation): Promise<void> {
    try {
      if (operation.sink.phase !== 'lost') await this.#performWithRoom(operation);
    } catch (error) {
      if (isFull(error)) this.#lose(operation.sink, asAppError('full', error));
      else this.fail(asAppError('drive', error));
    }
  }

  /** A drive that is full gives up its oldest footage, and the same write is made again: nothing is lost for want of room. */
  async #performWithRoom(operation: Operation): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#perform(operation);
        return;
      } catch (error) {
        if (!isFull(error) || attempt >= MAX_ROOM_ATTEMPTS || !(await this.#options.room.makeRoomNow())) throw error;
      }
    }
  }

  async #perform(operation: Operation): Promise<void> {
    const { sink } = operation;
    switch (operation.kind) {
      case 'open':
        return this.#performOpen(sink);
      case 'fragment': {
        const { sizeBytes } = await sink.file!.appendFragment(operation.input);
        sink.written++;
        this.#commit.noteWritten();
        this.#options.room.noteWritten(sizeBytes);
        sink.spec.onHash(sink.file!.hash);
        return;
      }
      case 'close':
        if (sink.phase === 'open') await this.#performClose(sink);
        return;
    }
  }

  async #performOpen(sink: WriterSink): Promise<void> {
    const { held, journal } = this.#options;
    const { name, stretch, clock } = sink.spec;
    sink.file = await createSegmentFile({
      drive: held,
      name,
      formats: { video: stretch.video, audio: stretch.audio },
      clock,
      predecessorHash: sink.spec.predecessorHash(),
      preallocateBytes: this.#options.preallocateBytes,
    });
    const entry = sink.file.openedEntry();
    journal.append(entry);
    this.#options.onOpened(entry);
  }

  async #performClose(sink: WriterSink): Promise<void> {
    if (sink.written === 0) return this.#discard(sink);
    await sink.file!.appendIndex();
    sink.phase = 'indexed';
    this.#commit.noteWritten();
  }

  /** A segment that no frame reached leaves nothing behind. */
  async #discard(sink: WriterSink): Promise<void> {
    const { held, journal } = this.#options;
    sink.phase = 'done';
    this.#sinks.delete(sink);
    await sink.file!.abandon();
    await held.run(() => unlink(held.path(sink.path)));
    const { unit, channelId, stream, boot, seq } = sink.name;
    journal.append({ kind: 'segment-deleted', unit, channelId, stream, boot, seq, path: sink.path, reason: 'empty' });
  }

  #lose(sink: WriterSink, error: AppError): void {
    if (sink.phase === 'lost') return;
    sink.phase = 'lost';
    sink.isClosing = true;
    this.#sinks.delete(sink);
    void sink.file?.abandon().catch((failure: unknown) => {
      this.#options.log.debug({ error: messageOf(failure) }, `${this.#options.held.name}: a file could not be closed`);
    });
    sink.spec.onLost(error);
  }

  async #whenIdle(): Promise<void> {
    while (!this.#hasFailed && (this.#isWorking || this.#queue.length > 0)) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  #wakeIdle(): void {
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }
}

function isFull(error: unknown): boolean {
  return isAppError(error, 'full') || errnoCode(error) === 'ENOSPC' || errnoCode(error) === 'EDQUOT';
}

function asAppError(kind: 'drive' | 'full', error: unknown): AppError {
  return error instanceof AppError ? error : new AppError(kind, messageOf(error), { cause: error });
}
