import { constants } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errnoCode, isAppError } from '../../src/base/errors.ts';
import { openHeldDirectory } from '../../src/disk/held-directory.ts';
import { loadLibc } from '../../src/disk/libc.ts';
import { closeFd, openFd, truncateFd, writeFully } from '../../src/disk/raw-file.ts';
import { syncByCommand } from '../../src/disk/sync-command.ts';
import { temporaryDrive, temporaryFolder } from '../archive/temporary-drive.ts';

/** Another file system than that of temporary folders, on most machines. */
const SHARED_MEMORY = '/dev/shm';

describe('a held directory', () => {
  it('leads to the same place after its path was moved away, and knows that it was', async () => {
    const { root, drive } = await temporaryDrive();
    expect(await drive.isStillSame()).toBe(true);
    await rename(root, `${root}-moved`);
    await mkdir(root); // as the empty mount point shows again after an unmount
    try {
      await writeFile(drive.path('holdfast/footage/x'), 'landed');
      expect(await readFile(`${root}-moved/holdfast/footage/x`, 'utf8')).toBe('landed');
      expect(await drive.isStillSame()).toBe(false);
    } finally {
      await rm(`${root}-moved`, { recursive: true });
    }
  });

  it.each([
    ['has another id', (root: string) => writeFile(join(root, 'holdfast/drive.json'), '{"id":"another"}')],
    ['has lost its label', (root: string) => rm(join(root, 'holdfast/drive.json'))],
    ['has a damaged label', (root: string) => writeFile(join(root, 'holdfast/drive.json'), '{"id":')],
    ['is gone', (root: string) => rm(root, { recursive: true })],
  ])('does not count as mounted when it %s', async (_name, change) => {
    const { root, drive } = await temporaryDrive();
    await change(root);
    expect(await drive.isStillSame()).toBe(false);
  });

  it('refuses a file on another device', async (context) => {
    const { root, drive } = await temporaryDrive();
    const there = await stat(SHARED_MEMORY).catch(() => undefined);
    context.skip(there === undefined || there.dev === drive.dev, 'no second file system at /dev/shm');
    await symlink(SHARED_MEMORY, join(root, 'elsewhere'));
    const opened = drive.open(`elsewhere/holdfast-test-${process.pid}`, constants.O_CREAT | constants.O_RDWR);
    try {
      await expect(opened).rejects.toThrow(/bay 1: elsewhere\/.* is on device/);
    } finally {
      await rm(join(SHARED_MEMORY, `holdfast-test-${process.pid}`), { force: true });
    }
  });

  it('that does not exist, or is a file, is an error with the name of the drive', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    for (const [path, code] of [
      ['nothing', 'ENOENT'],
      ['file', 'ENOTDIR'],
    ] as const) {
      const error: unknown = await openHeldDirectory(join(folder, path), { name: 'bay 2' }).catch((e: unknown) => e);
      expect(isAppError(error, 'drive')).toBe(true);
      expect(errnoCode(error)).toBe(code);
      expect(String(error)).toContain('bay 2');
    }
  });

  it('syncs once for all who ask while a sync is under way', async () => {
    const { drive } = await temporaryDrive();
    const first = drive.syncfs();
    const second = drive.syncfs();
    const third = drive.syncfs();
    expect(drive.operationsInFlight).toBe(1);
    await Promise.all([first, second, third]);
    expect(drive.operationsInFlight).toBe(0);
    await drive.syncfs();
  });

  it('can be synced by the command that stands in for the call', async () => {
    const { drive } = await temporaryDrive();
    await syncByCommand(drive.fd);
    await expect(syncByCommand(99_999)).rejects.toThrow();
  });

  it('tells capacity and free space', async () => {
    const { drive } = await temporaryDrive();
    const { capacityBytes, freeBytes } = await drive.capacity();
    expect(freeBytes).toBeGreaterThan(0);
    expect(capacityBytes).toBeGreaterThanOrEqual(freeBytes);
  });

  it('reserves blocks without moving the end of the file, and frees them with its size', async (context) => {
    context.skip(loadLibc() === undefined, 'koffi has no build for this machine');
    const { root, drive } = await temporaryDrive();
    const fd = await drive.open('file', constants.O_CREAT | constants.O_RDWR);
    try {
      await writeFully(fd, [Buffer.from('data')], 0);
      await drive.preallocate(fd, 0, 8 * 1024 * 1024);
      const reserved = await stat(join(root, 'file'));
      expect(reserved.size).toBe(4);
      context.skip(reserved.blocks * 512 < 8 * 1024 * 1024, 'the file system does not preallocate');
      await truncateFd(fd, 4);
      expect((await stat(join(root, 'file'))).blocks * 512).toBeLessThan(65_536);
    } finally {
      await closeFd(fd);
    }
  });

  it('names the error of a failed call', async (context) => {
    const libc = loadLibc();
    context.skip(libc === undefined, 'koffi has no build for this machine');
    expect(await libc!.syncfs(-1)).toBe('EBADF');
    expect(await libc!.fallocateKeepSize(-1, 0, 1)).toBe('EBADF');
  });
});

describe('writeFully', () => {
  it('writes more pieces than one call of the kernel takes', async () => {
    const path = join(temporaryFolder(), 'file');
    const pieces = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(3, i));
    const fd = await openFd(path, constants.O_CREAT | constants.O_RDWR, 0o644);
    try {
      await writeFully(fd, pieces, 0);
      expect(await readFile(path)).toEqual(Buffer.concat(pieces));
    } finally {
      await closeFd(fd);
    }
  });

  it('reports the reason of a write that cannot go on', async () => {
    const fd = await openFd('/dev/full', constants.O_RDWR);
    try {
      const error: unknown = await writeFully(fd, [Buffer.from('x')], 0).catch((e: unknown) => e);
      expect(errnoCode(error)).toBe('ENOSPC');
    } finally {
      await closeFd(fd);
    }
  });
});
