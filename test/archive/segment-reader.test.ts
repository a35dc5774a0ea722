import { appendFile, copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSegmentFront } from '../../src/archive/segment-front.ts';
import { openSegmentReader, type SegmentReader } from '../../src/archive/segment-reader.ts';
import { verifyChain } from '../../src/archive/verify.ts';
import { AppError } from '../../src/base/errors.ts';
import { closeFd, openFd } from '../../src/disk/raw-file.ts';
import { closeSegment, madeUpFragments, openSegment, START_UTC_MS, temporaryDrive } from './temporary-drive.ts';

async function factsOf(reader: SegmentReader) {
  return {
    identity: reader.identity,
    init: reader.init,
    fragments: reader.fragments,
    endUtcMs: reader.endUtcMs,
    tables: await reader.readTables(),
    last: await reader.readFragment(reader.fragments.length - 1),
  };
}

describe('a segment reader', () => {
  it('reads the same from an open and from a closed file', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await openSegment(drive);
    const fragments = madeUpFragments(5);
    for (const fragment of fragments) await file.appendFragment(fragment);
    const path = join(root, file.path);

    const open = await openSegmentReader(path);
    expect(open.isClosed).toBe(false);
    const whileOpen = await factsOf(open);
    await file.appendIndex();
    expect(await open.refresh()).toBe(false);
    await file.flip();
    expect(await open.refresh()).toBe(true);
    expect(open.isClosed).toBe(true);
    expect(await factsOf(open)).toEqual(whileOpen);

    const closed = await openSegmentReader(path);
    expect(await factsOf(closed)).toEqual(whileOpen);
    expect(await closed.closedEntry()).toEqual(file.closedEntry());
    expect(closed.fragments.map(({ startsWithKey }) => startsWithKey)).toEqual([true, false, true, false, true]);
    expect(closed.fragments[3]).toMatchObject({
      index: 3,
      mediaTime90k: 135_000,
      duration90k: 45_000,
      wallUtcMs: START_UTC_MS + 1500,
    });
    for (const [index, { video, audio, wallUtcMs }] of fragments.entries()) {
      expect(await closed.readFragment(index)).toMatchObject({ video, audio, wallUtcMs });
    }
    await open.close();
    await closed.close();
  });

  it('follows a file while it grows, and sees only whole fragments', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await openSegment(drive);
    const [first, second] = madeUpFragments(2);
    await file.appendFragment(first!);
    const end = file.sizeBytes;
    await file.appendFragment(second!);
    await file.abandon();
    const whole = await readFile(join(root, file.path));
    const growing = join(root, 'growing.mp4');
    await writeFile(growing, whole.subarray(0, end));
    const reader = await openSegmentReader(growing);
    expect(reader.fragments).toHaveLength(1);
    let at = end;
    while (at < whole.length - 1) {
      const next = Math.min(at + 97, whole.length - 1);
      await appendFile(growing, whole.subarray(at, next));
      expect(await reader.refresh()).toBe(false);
      at = next;
    }
    await appendFile(growing, whole.subarray(at));
    expect(await reader.refresh()).toBe(true);
    expect(reader.fragments).toHaveLength(2);
    await expect(reader.readFragment(2)).rejects.toThrow('no fragment 2, it has 2');
    await reader.close();
  });

  it('reads the samples of open files by walking, behind an index that is only half there', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await openSegment(drive);
    for (const fragment of madeUpFragments(3)) await file.appendFragment(fragment);
    await file.appendIndex();
    await file.abandon();
    await truncate(join(root, file.path), file.sizeBytes - 100);
    const reader = await openSegmentReader(join(root, file.path));
    expect(reader.isClosed).toBe(false);
    expect((await reader.readTables()).video.count).toBe(15);
    await reader.close();
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(10_000)],
    ['text', Buffer.from('not a video'.repeat(1000))],
  ])('refuses %s, naming it', async (_name, bytes) => {
    const { root } = await temporaryDrive();
    const path = join(root, 'other.mp4');
    await writeFile(path, bytes);
    await expect(openSegmentReader(path)).rejects.toThrow(/other\.mp4: the file does not begin like a segment/);
  });

  it('opens or refuses with an AppError, whatever byte of the front is damaged', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await openSegment(drive);
    const frontBytes = file.sizeBytes;
    await file.appendFragment(madeUpFragments(1)[0]!);
    await closeSegment(drive, file);
    const whole = await readFile(join(root, file.path));
    const path = join(root, 'damaged.mp4');
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: frontBytes - 1 }), fc.nat({ max: 255 }), async (at, value) => {
        const damaged = Buffer.from(whole);
        damaged[at] = value;
        await writeFile(path, damaged);
        const fd = await openFd(path, 0);
        try {
          await readSegmentFront(fd);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        } finally {
          await closeFd(fd);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('verifyChain', () => {
  it('finds a single flipped bit anywhere in what was recorded', async () => {
    const { root, drive } = await temporaryDrive();
    const file = await openSegment(drive);
    const first = file.sizeBytes;
    for (const fragment of madeUpFragments(3, { frameBytes: 40 })) await file.appendFragment(fragment);
    await closeSegment(drive, file);
    const path = join(root, file.path);
    expect(await verifyChain(path)).toMatchObject({ isIntact: true, fragmentCount: 3, lastHash: file.hash });
    const whole = await readFile(path);
    const copy = join(root, 'copy.mp4');
    await copyFile(path, copy);
    // Of a fragment's head, players need a few fields that nothing was recorded in; samples and times are covered throughout.
    const reader = await openSegmentReader(path);
    const { offset, sizeBytes } = reader.fragments[1]!;
    await reader.close();
    const samplesFrom = offset + sizeBytes - 60 - 4000 - 5 * 40 - 10;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: samplesFrom, max: offset + sizeBytes - 1 }),
        fc.nat({ max: 7 }),
        async (at, bit) => {
          const damaged = Buffer.from(whole);
          damaged[at]! ^= 1 << bit;
          await writeFile(copy, damaged);
          const isTailHeader = at >= offset + sizeBytes - 36 && at < offset + sizeBytes - 32;
          expect(await verifyChain(copy)).toMatchObject(isTailHeader ? {} : { isIntact: false, fragmentCount: 1 });
        },
      ),
      { numRuns: 150 },
    );
    const inIdentity = whole.indexOf('"unit":"0a1b2c3d"');
    expect(inIdentity).toBeLessThan(first);
    const forged = Buffer.from(whole);
    forged.write('"unit":"0a1b2c3e"', inIdentity);
    await writeFile(copy, forged);
    expect(await verifyChain(copy)).toMatchObject({ isIntact: false, fragmentCount: 0 });
  });
});
