import { constants } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, errnoCode, messageOf } from '../base/errors.ts';
import { BoundedOperations } from './bounded-operations.ts';
import { loadLibc } from './libc.ts';
import { closeFd, openFd, statFd } from './raw-file.ts';
import { syncByCommand } from './sync-command.ts';

export interface HeldDirectoryOptions {
  /** For messages: "bay 3 (WD Purple 4TB, WX12…)". The root's path if left out. */
  name?: string;
  /** File below the root and the `id` that it has to hold for the drive to count as the same. */
  identity?: { path: string; id: string };
}

export interface Capacity {
  readonly capacityBytes: number;
  /** What an ordinary user may still write. */
  readonly freeBytes: number;
}

/**
 * The root of a drive, held open. Every path goes through the descriptor, so that after the drive was unmounted nothing can land on the
 * disk below the mount point, and every opened file's device is compared, so that nothing lands on what was mounted in between.
 */
export async function openHeldDirectory(root: string, options: HeldDirectoryOptions = {}): Promise<HeldDirectory> {
  const name = options.name ?? root;
  try {
    const fd = await openFd(root, constants.O_RDONLY | constants.O_DIRECTORY);
    const { dev, ino } = await statFd(fd);
    return new HeldDirectory({ root, name, fd, dev, ino, identity: options.identity });
  } catch (error) {
    throw driveError(name, 'cannot be opened', error);
  }
}

export class HeldDirectory {
  readonly root: string;
  readonly name: string;
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
  readonly #identity: { path: string; id: string } | undefined;
  readonly #operations: BoundedOperations;
  #sync: Promise<void> | undefined;
  /** Shared by all who asked while `#sync` was under way. */
  #nextSync: Promise<void> | undefined;
  #canPreallocate = true;

  constructor(held: {
    root: string;
    name: string;
    fd: number;
    dev: number;
    ino: number;
    identity: { path: string; id: string } | undefined;
  }) {
    this.root = held.root;
    this.name = held.name;
    this.fd = held.fd;
    this.dev = held.dev;
    this.ino = held.ino;
    this.#identity = held.identity;
    this.#operations = new BoundedOperations(held.name);
  }

  /** An absolute path that leads to the held directory, wherever its mount has gone. */
  path(relativePath: string): string {
    return `/proc/self/fd/${this.fd}/${relativePath}`;
  }

  /** Every operation on the drive passes here: at most four at a time, the others wait. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    return this.#operations.run(operation);
  }

  get operationsInFlight(): number {
    return this.#operations.inFlight;
  }

  /** A descriptor of a file below the root; AppError `drive` when it is on another device. Errors of the system pass as they are. */
  async open(relativePath: string, flags: number, mode = 0o644): Promise<number> {
    const fd = await openFd(this.path(relativePath), flags, mode);
    try {
      const { dev } = await statFd(fd);
      if (dev !== this.dev) {
        throw new AppError(
          'drive',
          `${this.name}: ${relativePath} is on device ${dev}, the drive is device ${this.dev}`,
        );
      }
      return fd;
    } catch (error) {
      await closeFd(fd);
      throw error;
    }
  }

  /**
   * Makes durable what was written before the call. One at a time: a call while one is under way waits for that one and then syncs
   * again, together with all others that wait. After an error the state of every file written since the last success is unknown.
   */
  async syncfs(): Promise<void> {
    const running = this.#sync;
    if (running === undefined) return this.#startSync();
    this.#nextSync ??= running
      .then(
        () => undefined,
        () => undefined, // whoever asked for that sync was told
      )
      .then(() => {
        this.#nextSync = undefined;
        return this.#startSync();
      });
    return this.#nextSync;
  }

  #startSync(): Promise<void> {
    const sync = this.run(() => this.#syncOnce()).finally(() => {
      this.#sync = undefined;
    });
    this.#sync = sync;
    return sync;
  }

  async #syncOnce(): Promise<void> {
    const libc = loadLibc();
    if (libc !== undefined) {
      const result = await libc.syncfs(this.fd);
      if (result !== 0) throw driveError(this.name, 'cannot be synced', namedError('syncfs', result));
      return;
    }
    try {
      await syncByCommand(this.fd);
    } catch (error) {
      throw driveError(this.name, 'cannot be synced', error);
    }
  }

  /** Reserves blocks beyond the file's end. What the file system cannot do is left out; ENOSPC is for the write to report. */
  async preallocate(fd: number, offset: number, length: number): Promise<void> {
    const libc = this.#canPreallocate ? loadLibc() : undefined;
    if (libc === undefined) return;
    const result = await libc.fallocateKeepSize(fd, offset, length);
    if (result === 0 || result === 'ENOSPC' || result === 'EINTR') return;
    if (result === 'EOPNOTSUPP' || result === 'ENOTSUP' || result === 'ENOSYS') {
      this.#canPreallocate = false;
      return;
    }
    throw driveError(this.name, 'cannot preallocate', namedError('fallocate', result));
  }

  /** Whether the root's path still leads to the held directory. Cheap: one call. */
  async isStillMounted(): Promise<boolean> {
    return this.run(async () => {
      try {
        const { dev, ino } = await stat(this.root);
        return dev === this.dev && ino === this.ino;
      } catch {
        return false;
      }
    });
  }

  /** Whether, besides, the drive still says that it is the same. */
  async isStillSame(): Promise<boolean> {
    const identity = this.#identity;
    if (!(await this.isStillMounted())) return false;
    if (identity === undefined) return true;
    return this.run(async () => {
      try {
        const content: unknown = JSON.parse(await readFile(join(this.root, identity.path), 'utf8'));
        return typeof content === 'object' && content !== null && 'id' in content && content.id === identity.id;
      } catch {
        return false; // gone, unreadable or another drive's: all of them mean no
      }
    });
  }

  async capacity(): Promise<Capacity> {
    return this.run(async () => {
      try {
        const { bsize, blocks, bfree, bavail } = await statfs(this.path('.'));
        // As df counts: blocks kept for root are neither free nor part of what can be filled.
        return { capacityBytes: (blocks - bfree + bavail) * bsize, freeBytes: bavail * bsize };
      } catch (error) {
        throw driveError(this.name, 'cannot tell its free space', error);
      }
    });
  }

  /** What waits is refused; what is under way is not awaited, because a dead drive may never answer. */
  async close(): Promise<void> {
    this.#operations.close();
    await closeFd(this.fd);
  }
}

/** Maps a failed system call to what a technician reads; `errnoCode` still finds the code. */
export function driveError(driveName: string, what: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const kind = errnoCode(error) === 'ENOSPC' ? 'full' : 'drive';
  return new AppError(kind, `${driveName}: ${what}: ${messageOf(error)}`, { cause: error });
}

function namedError(call: string, code: string): Error {
  return Object.assign(new Error(`${call} failed with ${code}`), { code });
}
