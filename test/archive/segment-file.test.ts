import { execFileSync } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDriveLabel } from '../../src/archive/drive-label.ts';
import { NO_PREDECESSOR } from '../../src/archive/identity.ts';
import { createSegmentFile } from '../../src/archive/segment-file.ts';
import { openSegmentReader } from '../../src/archive/segment-reader.ts';
import { verifyChain } from '../../src/archive/verify.ts';
import { errnoCode, isAppError } from '../../src/base/errors.ts';
import { openHeldDirectory } from '../../src/disk/held-directory.ts';
import { readBoxes } from '../../src/media/fmp4/box.ts';
import {
  closeSegment,
  MADE_UP_FORMATS,
  madeUpFragments,
  openSegment,
  START_UTC_MS,
  segmentName,
  temporaryDrive,
  temporaryFolder,
  UNIT,
} from './temporary-drive.ts';

describe('a segment file', () => {
  it('is laid out as the documentation draws it, open and closed', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await openSegment(drive);
    for (const fragment of madeUpFragments(2)) await file.appendFragment(fragment);
    const path = join(root, file.path);
    const types = async () => readBoxes(await readFile(path)).map(({ type }) => type);
    const fragments = ['prft', 'moof', 'mdat', 'uuid', 'prft', 'moof', 'mdat', 'uuid'];
    expect(await types()).toEqual(['ftyp', 'free', 'moov', ...fragments]);
    await file.appendIndex();
    expect(await types()).toEqual(['ftyp', 'free', 'moov', ...fragments, 'moov']);
    await file.flip();
    expect(await types()).toEqual(['ftyp', 'mdat', 'moov']);
    expect((await stat(path)).size).toBe(file.sizeBytes);
  });

  it('tells the journal what it holds', async () => {
    const { drive } = await temporaryDrive();
    const file = await openSegment(drive);
    for (const fragment of madeUpFragments(3)) await file.appendFragment(fragment);
    expect(file.openedEntry()).toMatchObject({ kind: 'segment-opened', path: file.path, seq: 12 });
    await closeSegment(drive, file);
    expect(file.closedEntry()).toMatchObject({
      kind: 'segment-closed',
      unit: UNIT,
      startUtcMs: START_UTC_MS,
      endUtcMs: START_UTC_MS + 1500,
      videoFrames: 15,
      videoCodec: 'h264',
      audioCodec: 'pcmu',
      hash: file.hash.toString('hex'),
      isRepaired: false,
    });
  });

  it('chains to the segment before it', async () => {
    const { root, drive } = await temporaryDrive();
    const first = await openSegment(drive);
    for (const fragment of madeUpFragments(2)) await first.appendFragment(fragment);
    const second = await createSegmentFile({
      drive,
      name: segmentName({ seq: 13, startUtcMs: START_UTC_MS + 1000 }),
      formats: MADE_UP_FORMATS,
      predecessorHash: first.hash,
      clock: 'unsynced',
    });
    await second.appendFragment(madeUpFragments(1)[0]!);
    expect((await verifyChain(join(root, second.path))).predecessorHash).toEqual(
      (await verifyChain(join(root, first.path))).lastHash,
    );
    await first.abandon();
    await second.abandon();
  });

  it('is not made twice, and not where the drive is missing', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await openSegment(drive);
    const again: unknown = await openSegment(drive).catch((error: unknown) => error);
    expect([isAppError(again, 'drive'), errnoCode(again)]).toEqual([true, 'EEXIST']);
    await file.abandon();
    await rm(join(root, 'holdfast/footage'), { recursive: true });
    const missing: unknown = await openSegment(drive).catch((error: unknown) => error);
    expect([isAppError(missing, 'drive'), errnoCode(missing)]).toEqual([true, 'ENOENT']);
  });

  it('refuses calls that make no sense', async () => {
    const { drive } = await temporaryDrive();
    const file = await openSegment(drive);
    await expect(file.flip()).rejects.toThrow('is open, not indexed');
    const [fragment] = madeUpFragments(1);
    const first = file.appendFragment(fragment!);
    await expect(file.appendFragment(fragment!)).rejects.toThrow('two calls at a time');
    await first;
    await file.abandon();
    await file.abandon();
    await expect(file.appendFragment(fragment!)).rejects.toThrow('is ended, not open');
  });

  it('takes the same fragment again after the drive was full', async (context) => {
    const root = temporaryFolder();
    const mounted = mountSmall(root);
    context.skip(!mounted, 'mounting a tmpfs needs root');
    try {
      await createDriveLabel(root, { label: 'small', unit: UNIT, nowUtcMs: START_UTC_MS });
      await writeFile(join(root, 'ballast'), Buffer.alloc(600_000));
      const drive = await openHeldDirectory(root, { name: 'bay 7' });
      const file = await createSegmentFile({
        drive,
        name: segmentName(),
        formats: MADE_UP_FORMATS,
        predecessorHash: NO_PREDECESSOR,
        clock: 'synced',
        preallocateBytes: 0,
      });
      const fragments = madeUpFragments(4, { frameBytes: 30_000 });
      let refusals = 0;
      for (const fragment of fragments) {
        try {
          await file.appendFragment(fragment);
        } catch (error) {
          refusals++;
          expect([isAppError(error, 'full'), errnoCode(error)]).toEqual([true, 'ENOSPC']);
          expect(String(error)).toContain('bay 7');
          await rm(join(root, 'ballast'));
          await file.appendFragment(fragment);
        }
      }
      expect(refusals).toBe(1);
      await closeSegment(drive, file);
      expect(await verifyChain(join(root, file.path))).toMatchObject({ isIntact: true, fragmentCount: 4 });
      const reader = await openSegmentReader(join(root, file.path));
      expect((await reader.readFragment(3)).video).toEqual(fragments[3]!.video);
      await reader.close();
      await drive.close();
    } finally {
      execFileSync('umount', ['-l', root]);
    }
  });
});

/** A file system of 1 MB. */
function mountSmall(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
