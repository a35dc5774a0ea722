import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bay } from '../../../src/board/model.ts';

const run = promisify(execFile);

/**
 * A file system of its own in a file, mounted through a loop device: a bay that can be full and can be pulled. Nothing is left behind:
 * `destroy` in `afterEach`, a handler at the end of the process, and a sweep for processes that were killed before either.
 */
export interface LoopBay {
  /** For the model file, kind `mount`. */
  readonly bay: Bay;
  /** Where it is mounted. */
  readonly path: string;
  /** Takes the file system away under whoever writes to it, as a pulled drive does: the mount point is an empty folder again. */
  pull(): Promise<void>;
  insert(): Promise<void>;
  /** Fills it with one file that is not footage, up to the given rest of free bytes. */
  fillUpTo(freeBytes: number): Promise<void>;
  destroy(): Promise<void>;
}

export interface LoopBayOptions {
  /** Default: `bay1`. */
  id?: string;
  sizeMB: number;
  fileSystem?: 'ext4' | 'xfs';
}

const PREFIX = 'holdfast-loop-';
const mounted = new Set<string>();

/** A sentence why loop bays cannot be had here, for `ctx.skip(reason)`, or undefined when they can. */
export async function whyNoLoopBays(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'needs root, to mount a file system in a file';
  try {
    const probe = await createLoopBay({ sizeMB: 16 });
    await probe.destroy();
    return undefined;
  } catch (error) {
    return `cannot mount a file system in a file here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
}

export async function createLoopBay({ id = 'bay1', sizeMB, fileSystem = 'ext4' }: LoopBayOptions): Promise<LoopBay> {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const image = join(folder, 'image');
  const path = join(folder, id);
  await mkdir(path);
  await writeFile(image, '');
  await truncate(image, sizeMB * 1_000_000);
  // No blocks kept back for root: what `statfs` calls free is what a recorder may fill.
  if (fileSystem === 'ext4') await run('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
  else await run('mkfs.xfs', ['-q', '-f', image]);

  const bay: LoopBay = {
    bay: { id, label: id.replace(/^bay(\d+)$/, 'Bay $1'), kind: 'mount', path, adoptBlank: true },
    path,
    async insert() {
      await run('mount', ['-o', 'loop,noatime', image, path]);
      mounted.add(path);
      if (fileSystem === 'ext4') await rm(join(path, 'lost+found'), { recursive: true, force: true });
    },
    async pull() {
      await run('umount', ['--lazy', path]);
      mounted.delete(path);
    },
    async fillUpTo(freeBytes) {
      const { bavail, bsize } = await statfs(path);
      const lengthBytes = bavail * bsize - freeBytes;
      if (lengthBytes > 0) await run('fallocate', ['-l', String(lengthBytes), join(path, 'filler')]);
    },
    async destroy() {
      if (mounted.has(path)) await bay.pull();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await bay.insert();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return bay;
}

process.once('exit', () => {
  for (const path of mounted) execFileSync('umount', ['--lazy', path], { stdio: 'ignore' });
});

/** Unmounts what a test process that is no more left mounted; the loop device goes with its last mount. */
async function sweep(): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8');
  for (const line of mounts.split('\n')) {
    const path = line.split(' ')[1] ?? '';
    const pid = new RegExp(`/${PREFIX}(\\d+)-`).exec(path)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await run('umount', ['--lazy', path]);
    await rm(join(path, '..'), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH
  }
}
