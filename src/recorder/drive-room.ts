import type { SegmentDeletedEntry } from '../archive/entries.ts';
import { parseSegmentPath, type SegmentName } from '../archive/layout.ts';
import { removeSegment } from '../archive/remove-segment.ts';
import { measureUsedBytes } from '../archive/used-bytes.ts';
import { walkSegments } from '../archive/walk.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { formatBytes } from '../base/units.ts';
import type { HeldDirectory } from '../disk/held-directory.ts';
import type { PlanLock } from '../link/plan.ts';
import { bytesToDelete, isDeletable, lowWaterBytes, type RoomState } from './room-policy.ts';

export interface RoomRules {
  readonly locks: readonly PlanLock[];
  readonly maxSegmentMs: number;
  /** Of all channels that may be written to this drive. */
  readonly allottedMbps: number;
  /** Null: room alone decides. */
  readonly maxAgeMs: number | null;
}

export interface DriveRoomOptions {
  readonly held: HeldDirectory;
  /** For a folder that stands for a bay; null: the file system decides. */
  readonly capacityBytes: number | null;
  readonly clock: Clock;
  readonly log: Log;
  rules(): RoomRules;
  openPaths(): ReadonlySet<string>;
  onDeleted(entry: SegmentDeletedEntry): void;
}

/** Keeps a drive from running full: deletes its oldest unlocked footage, whole segments, in batches. Works without control. */
export class DriveRoom {
  readonly #options: DriveRoomOptions;
  #usedBytes = 0;
  #capacityBytes = 0;
  #freeBytes = 0;
  #isFull = false;
  #running: Promise<boolean> | undefined;
  #making: Promise<boolean> | undefined;

  constructor(options: DriveRoomOptions) {
    this.#options = options;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** Short of room, and nothing left that may be deleted. */
  get isFull(): boolean {
    return this.#isFull;
  }

  async start(): Promise<void> {
    const { held, capacityBytes } = this.#options;
    if (capacityBytes !== null) this.#usedBytes = await measureUsedBytes(held.path('.'));
    await this.keep();
  }

  noteWritten(bytes: number): void {
    this.#usedBytes += bytes;
    this.#freeBytes -= bytes;
  }

  /** Looks at the free room and deletes when it runs short. False when it is short and nothing more may be deleted. */
  keep(): Promise<boolean> {
    this.#running ??= this.#keepOnce().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** A write found no room although the last look had some: deletes one batch whatever the figures say. */
  makeRoomNow(): Promise<boolean> {
    this.#making ??= this.#makeRoomOnce().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #makeRoomOnce(): Promise<boolean> {
    await this.#running?.catch(() => undefined); // its own caller hears of it
    await this.#measure();
    const state = this.#state();
    const freedBytes = await this.#deleteOldest(Math.max(bytesToDelete(state), lowWaterBytes(state) / 2));
    this.#isFull = freedBytes === 0;
    return freedBytes > 0;
  }

  async deletePaths(paths: readonly string[], reason: 'age' | 'request'): Promise<number> {
    let count = 0;
    const openPaths = this.#options.openPaths();
    for (const path of paths) {
      const name = parseSegmentPath(path);
      if (!name || openPaths.has(path)) continue;
      if ((await this.#delete(name, path, reason)) > 0) count++;
    }
    return count;
  }

  async #keepOnce(): Promise<boolean> {
    await this.#measure();
    await this.#deleteTooOld();
    const goalBytes = bytesToDelete(this.#state());
    if (goalBytes <= 0) {
      this.#isFull = false;
      return true;
    }
    const freedBytes = await this.#deleteOldest(goalBytes);
    // Below the mark but still far from nothing: full only when not even the next seconds fit.
    this.#isFull = freedBytes === 0 && this.#freeBytes < lowWaterBytes(this.#state()) / 2;
    return !this.#isFull;
  }

  #state(): RoomState {
    return {
      capacityBytes: this.#capacityBytes,
      freeBytes: this.#freeBytes,
      allottedMbps: this.#options.rules().allottedMbps,
    };
  }

  async #measure(): Promise<void> {
    const { held, capacityBytes } = this.#options;
    const actual = await held.capacity();
    this.#capacityBytes = Math.min(actual.capacityBytes, capacityBytes ?? Number.POSITIVE_INFINITY);
    this.#freeBytes =
      capacityBytes === null ? actual.freeBytes : Math.min(actual.freeBytes, capacityBytes - this.#usedBytes);
  }

  async #deleteTooOld(): Promise<void> {
    const { maxAgeMs, maxSegmentMs } = this.#options.rules();
    if (maxAgeMs === null) return;
    const beforeUtcMs = this.#options.clock.nowUtcMs() - maxAgeMs - maxSegmentMs;
    await this.#deleteWhile((candidate) => candidate.startUtcMs < beforeUtcMs, 'age');
  }

  async #deleteOldest(goalBytes: number): Promise<number> {
    let freedBytes = 0;
    let count = 0;
    await this.#deleteWhile(
      () => freedBytes < goalBytes,
      'room',
      (sizeBytes) => {
        freedBytes += sizeBytes;
        count++;
      },
    );
    const { held, log } = this.#options;
    if (count > 0) {
      log.info(
        { segments: count, freed: formatBytes(freedBytes), free: formatBytes(this.#freeBytes) },
        `${held.name}: oldest footage deleted for room`,
      );
    }
    return freedBytes;
  }

  /** Walks from the oldest segment on while `goesOn`; locked and open ones are passed over. */
  async #deleteWhile(
    goesOn: (candidate: { startUtcMs: number }) => boolean,
    reason: 'room' | 'age',
    onFreed: (sizeBytes: number) => void = () => undefined,
  ): Promise<void> {
    const { held, openPaths, rules } = this.#options;
    const { locks, maxSegmentMs } = rules();
    for await (const { name, path } of walkSegments(held.path('.'))) {
      if (!goesOn(name)) return;
      const { channelId, startUtcMs } = name;
      if (!isDeletable({ path, channelId, startUtcMs }, { locks, openPaths: openPaths(), maxSegmentMs })) continue;
      const sizeBytes = await this.#delete(name, path, reason);
      if (sizeBytes > 0) onFreed(sizeBytes);
    }
  }

  async #delete(name: SegmentName, path: string, reason: SegmentDeletedEntry['reason']): Promise<number> {
    const { held, onDeleted } = this.#options;
    const sizeBytes = await removeSegment(held, path);
    if (sizeBytes === 0) return 0; // somebody else was quicker
    this.#usedBytes -= sizeBytes;
    this.#freeBytes += sizeBytes;
    const { unit, channelId, stream, boot, seq } = name;
    onDeleted({ kind: 'segment-deleted', unit, channelId, stream, boot, seq, path, reason });
    return sizeBytes;
  }
}
