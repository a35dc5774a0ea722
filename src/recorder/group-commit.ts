import type { SegmentClosedEntry } from '../archive/entries.ts';
import type { JournalWriter } from '../archive/journal.ts';
import type { Clock } from '../base/clock.ts';
import type { HeldDirectory } from '../disk/held-directory.ts';
import type { CommitPacer } from './commit-pacer.ts';
import type { WriterSink } from './segment-sink.ts';

/** Media and index durable, heads turned; heads durable, journal told; journal durable. */
const ROUNDS_TO_CLOSE = 3;

export interface GroupCommitOptions {
  readonly held: HeldDirectory;
  readonly journal: JournalWriter;
  readonly pacer: CommitPacer;
  readonly clock: Clock;
  /** Those that are not closed for good, of all channels. */
  sinks(): Iterable<WriterSink>;
  /** The sink's file is closed for good, and its line is in the journal. */
  onClosed(sink: WriterSink, entry: SegmentClosedEntry): void;
  onFailed(error: unknown): void;
}

/**
 * Makes what was written durable: one sync for all files of a drive, on the pacer's cadence. Closing takes two of them: the index must be
 * durable before the file's head points to it, and the head before the journal calls the file closed.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #stopping = new AbortController();
  #hasUnsynced = false;
  #hasFailed = false;
  #running: Promise<void> | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** After the last write: everything becomes durable, and closed files are closed for good. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (let round = 0; round < ROUNDS_TO_CLOSE && !this.#hasFailed; round++) await this.#runOnce();
  }

  /** The drive is gone: nothing is awaited. */
  abandon(): void {
    this.#hasFailed = true;
    this.#stopping.abort();
  }

  /** Something was written that the next sync is to cover. */
  noteWritten(): void {
    this.#hasUnsynced = true;
  }

  async #run(): Promise<void> {
    const { clock, pacer } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        await clock.sleep(pacer.commitEveryMs, this.#stopping.signal);
      } catch {
        return; // stopped
      }
      await this.#runOnce();
    }
  }

  async #runOnce(): Promise<void> {
    const { held, journal, clock, pacer, sinks } = this.#options;
    try {
      await journal.flush();
      if (!this.#hasUnsynced) return;
      this.#hasUnsynced = false;
      const covered = [...sinks()].map((sink) => ({ sink, written: sink.written, phase: sink.phase }));
      const startMs = clock.monotonicMs();
      await held.syncfs();
      pacer.note(clock.monotonicMs() - startMs);
      for (const { sink, written, phase } of covered) {
        if (sink.phase === 'lost') continue;
        sink.spec.onDurable(written);
        if (phase === 'indexed') await this.#turn(sink);
        else if (phase === 'turned') this.#finish(sink);
      }
    } catch (error) {
      this.#options.onFailed(error);
    }
  }

  async #turn(sink: WriterSink): Promise<void> {
    await sink.file!.flip();
    sink.phase = 'turned';
    this.#hasUnsynced = true;
  }

  /** The journal must not call a file closed before it is: a start after a power cut would not repair it. */
  #finish(sink: WriterSink): void {
    sink.phase = 'done';
    const entry = sink.file!.closedEntry();
    this.#options.journal.append(entry);
    this.#hasUnsynced = true;
    this.#options.onClosed(sink, entry);
  }
}
