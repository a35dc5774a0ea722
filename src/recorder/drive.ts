import { readDriveLabel } from '../archive/drive-label.ts';
import type { ArchiveEntry, SegmentClosedEntry, SegmentDeletedEntry, SegmentOpenedEntry } from '../archive/entries.ts';
import { JournalWriter } from '../archive/journal.ts';
import { DRIVE_LABEL_PATH, FOOTAGE_DIR, JOURNAL_DIR } from '../archive/layout.ts';
import { repairSegment } from '../archive/repair.ts';
import { scanDrive } from '../archive/scan.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { makeFolder } from '../base/make-folder.ts';
import { GIB, MIB } from '../base/units.ts';
import { type HeldDirectory, openHeldDirectory } from '../disk/held-directory.ts';
import type { DriveState } from '../link/messages.ts';
import type { PlanDrive } from '../link/plan.ts';
import { CommitPacer, type LossPromise } from './commit-pacer.ts';
import { DriveRoom, type RoomRules } from './drive-room.ts';
import { DriveWriter } from './drive-writer.ts';
import type { Placement } from './recording.ts';
import type { SegmentSink, SegmentSpec } from './segment-sink.ts';

/** Media that may wait for one drive: half a second of a full 500 Mbps, several seconds of an ordinary load. */
const MAX_QUEUE_BYTES = 32 * MIB;
/** What failed is tried again, but a dying drive must not be worked on without end. */
const RETRY_FAILED_MS = 5_000;
/** Deleting keeps half a minute's room ahead. */
const ROOM_CHECK_MS = 2_000;
/** The kernel's remove event comes with a later version; until then a pulled drive is noticed so soon, or by its first failed write. */
const PRESENCE_CHECK_MS = 500;

/** The recorder deletes neither locked footage nor what somebody else has put on the drive. */
const FULL = 'no room, and nothing that may be deleted: footage is locked, or other files fill the drive';

export interface DriveEvents {
  onState(state: DriveState): void;
  onOpened(entry: SegmentOpenedEntry): void;
  onClosed(entry: SegmentClosedEntry): void;
  onDeleted(entry: SegmentDeletedEntry): void;
  /** What an earlier run left unclosed and is whole now. */
  onRepaired(entry: SegmentClosedEntry): void;
  /** What earlier runs closed themselves. */
  onFound(entry: SegmentClosedEntry): void;
}

export interface DriveOptions {
  readonly plan: PlanDrive;
  readonly unit: string;
  readonly boot: number;
  /** An earlier life of the same drive that has not ended yet: two must not write to it. */
  readonly predecessor: Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: DriveEvents;
  rules(): RoomRules;
  promise(): LossPromise;
}

interface Opened {
  readonly held: HeldDirectory;
  readonly journal: JournalWriter;
  readonly room: DriveRoom;
  readonly writer: DriveWriter;
  readonly pacer: CommitPacer;
}

/** One drive of the plan, through its absences: opened when it is there, given up at once when it is not. */
export class Drive implements Placement {
  readonly plan: PlanDrive;
  readonly #options: DriveOptions;
  #opened: Opened | undefined;
  #state: DriveState['state'] = 'gone';
  #detail = 'not looked at yet';
  #retryAtMs = 0;
  #roomCheckAtMs = 0;
  #presenceCheckAtMs = 0;
  #checking: Promise<void> | undefined;
  #isStopped = false;
  #repairing: Promise<void> = Promise.resolve();

  constructor(options: DriveOptions) {
    this.#options = options;
    this.plan = options.plan;
  }

  get isWritable(): boolean {
    return this.#opened !== undefined && this.#state === 'ready';
  }

  get isFull(): boolean {
    return this.#state === 'full';
  }

  get queueFill(): number {
    return (this.#opened?.writer.queueBytes ?? 0) / MAX_QUEUE_BYTES;
  }

  get capacityBytes(): number {
    return this.#opened?.room.capacityBytes ?? 0;
  }

  get stats() {
    const opened = this.#opened;
    return {
      driveId: this.plan.driveId,
      freeBytes: Math.max(0, opened?.room.freeBytes ?? 0),
      capacityBytes: this.capacityBytes,
      queueBytes: opened?.writer.queueBytes ?? 0,
      flushP99Ms: opened?.pacer.flushP99Ms ?? 0,
      commitEveryMs: opened?.pacer.commitEveryMs ?? 0,
    };
  }

  get stateFact(): DriveState {
    return {
      kind: 'drive-state',
      bay: this.plan.bay,
      driveId: this.plan.driveId,
      state: this.#state,
      detail: this.#detail,
    };
  }

  /** Resolves when the look that is under way has ended. */
  async whenOpened(): Promise<void> {
    await this.#checking;
  }

  /** Resolves when, besides, what an earlier run left unclosed has been repaired. */
  async whenSettled(): Promise<void> {
    await this.#checking;
    await this.#repairing;
  }

  open(spec: SegmentSpec): SegmentSink {
    if (!this.#opened)
      throw new AppError('drive', `${this.plan.bayLabel}: opened for writing while it is ${this.#state}`);
    return this.#opened.writer.open(spec);
  }

  /** For gaps and locks, which every ready drive keeps. */
  appendToJournal(entry: ArchiveEntry): void {
    this.#opened?.journal.append(entry);
  }

  async deleteSegments(paths: readonly string[], reason: 'age' | 'request'): Promise<number> {
    return (await this.#opened?.room.deletePaths(paths, reason)) ?? 0;
  }

  /** Called a few times a second. Never waits for a drive that hangs: the last look must have ended first. */
  check(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#isStopped || this.#checking || nowMs < this.#presenceCheckAtMs) return;
    this.#presenceCheckAtMs = nowMs + PRESENCE_CHECK_MS;
    this.#checking = this.#checkOnce()
      .catch((error: unknown) => this.#giveUp('failed', messageOf(error)))
      .finally(() => {
        this.#checking = undefined;
      });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#checking;
    const opened = this.#opened;
    if (!opened) return;
    await opened.writer.stop();
    this.#opened = undefined;
    await opened.journal.stop();
    await opened.held.close();
  }

  async #checkOnce(): Promise<void> {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const opened = this.#opened;
    if (!opened) {
      if (nowMs >= this.#retryAtMs) await this.#tryOpen();
      return;
    }
    const isRoomDue = nowMs >= this.#roomCheckAtMs;
    if (!(await (isRoomDue ? opened.held.isStillSame() : opened.held.isStillMounted()))) {
      opened.writer.fail(new AppError('drive', `${this.plan.bayLabel}: the drive is gone`));
      this.#giveUp('gone', 'the drive is gone');
      return;
    }
    if (!isRoomDue) return;
    this.#roomCheckAtMs = nowMs + ROOM_CHECK_MS;
    await opened.room.keep();
    if (opened.room.isFull) this.#setState('full', FULL);
    else this.#setState('ready', '');
  }

  async #tryOpen(): Promise<void> {
    const { plan } = this;
    await this.#options.predecessor;
    const label = await readDriveLabel(plan.root).catch((error: unknown) => {
      this.#giveUp('failed', messageOf(error));
      return null;
    });
    if (label === null) return;
    if (label === undefined) {
      this.#setState('gone', `no drive at ${plan.root}`);
      return;
    }
    if (label.id !== plan.driveId) {
      this.#setState('gone', `holds drive ${label.id}, expected ${plan.driveId}`);
      return;
    }
    const held = await openHeldDirectory(plan.root, {
      name: plan.bayLabel,
      identity: { path: DRIVE_LABEL_PATH, id: label.id },
    });
    try {
      await this.#begin(held);
    } catch (error) {
      await held.close();
      throw error;
    }
  }

  async #begin(held: HeldDirectory): Promise<void> {
    const { plan } = this;
    const { clock, log, events, unit, boot, promise, rules } = this.#options;
    // The label alone makes it our drive: folders that somebody deleted are made again.
    for (const folder of [FOOTAGE_DIR, JOURNAL_DIR]) await held.run(() => makeFolder(held.path(folder)));
    const journal = new JournalWriter({
      folder: held.path(JOURNAL_DIR),
      clock,
      device: held.dev,
      run: (operation) => held.run(operation),
    });
    await journal.start();
    const pacer = new CommitPacer(promise);
    const room = new DriveRoom({
      held,
      capacityBytes: plan.capacityBytes,
      clock,
      log,
      rules,
      openPaths: () => writer.openPaths,
      onDeleted: (entry) => {
        journal.append(entry);
        events.onDeleted(entry);
      },
    });
    const writer = new DriveWriter({
      held,
      journal,
      room,
      pacer,
      clock,
      log,
      maxQueueBytes: MAX_QUEUE_BYTES,
      preallocateBytes: preallocationFor((await held.capacity()).capacityBytes),
      onOpened: events.onOpened,
      onClosed: events.onClosed,
      onFailed: (error) => this.#giveUp('failed', error.message),
    });
    await room.start();
    this.#opened = { held, journal, room, writer, pacer };
    journal.append({ kind: 'drive-in-use', unit, boot, bay: plan.bay });
    writer.start();
    this.#setState('ready', '');
    this.#repairing = this.#repair(held, journal);
  }

  /** Beside the recording: closes what earlier runs left open. What this run writes bears its own boot number. */
  async #repair(held: HeldDirectory, journal: JournalWriter): Promise<void> {
    const { log, events, unit, boot } = this.#options;
    try {
      for await (const batch of scanDrive(held.path('.'))) {
        for (const item of batch) {
          if (item.kind === 'closed') events.onFound(item.entry);
          if (item.kind !== 'unclosed' && item.kind !== 'unreadable') continue;
          if (item.name.unit === unit && item.name.boot === boot) continue;
          await this.#repairOne(held, journal, item.path, events);
        }
      }
    } catch (error) {
      log.error({ error: messageOf(error) }, `${held.name}: looking through the footage of earlier runs failed`);
    }
  }

  async #repairOne(held: HeldDirectory, journal: JournalWriter, path: string, events: DriveEvents): Promise<void> {
    const { log } = this.#options;
    try {
      const { entry, cutBytes, problem } = await repairSegment({ drive: held, path, sync: () => held.syncfs() });
      log.info({ path, cutBytes, problem, isKept: entry !== undefined }, `${held.name}: segment repaired`);
      if (!entry) return;
      journal.append(entry);
      events.onRepaired(entry);
    } catch (error) {
      log.error({ path, error: messageOf(error) }, `${held.name}: a segment could not be repaired`);
    }
  }

  #giveUp(state: 'gone' | 'failed', detail: string): void {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#retryAtMs = state === 'failed' ? this.#options.clock.monotonicMs() + RETRY_FAILED_MS : 0;
    this.#setState(state, detail);
    if (!opened) return;
    opened.writer.fail(new AppError('drive', `${this.plan.bayLabel}: ${detail}`));
    opened.journal.abandon();
    void opened.held.close().catch((error: unknown) => {
      this.#options.log.debug({ error: messageOf(error) }, `${this.plan.bayLabel}: could not be closed`);
    });
  }

  #setState(state: DriveState['state'], detail: string): void {
    if (state === this.#state && detail === this.#detail) return;
    this.#state = state;
    this.#detail = detail;
    const fields = { bay: this.plan.bay, driveId: this.plan.driveId, detail };
    if (state === 'ready') this.#options.log.info(fields, `${this.plan.bayLabel}: ready`);
    else this.#options.log.warn(fields, `${this.plan.bayLabel}: ${state}`);
    this.#options.events.onState(this.stateFact);
  }
}

/** Large steps make few extents; on a small drive 64 open segments must not reserve what retention has just freed. */
function preallocationFor(capacityBytes: number): number {
  if (capacityBytes < 32 * GIB) return 0;
  return capacityBytes < 500 * GIB ? 4 * MIB : 16 * MIB;
}
