import { constants } from 'node:fs';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repairSegment } from '../../src/archive/repair.ts';
import { findUnclosed } from '../../src/archive/scan.ts';
import type { SegmentFile } from '../../src/archive/segment-file.ts';
import { openSegmentReader } from '../../src/archive/segment-reader.ts';
import { closedHeader, HEADER_OFFSET } from '../../src/archive/segment-tables.ts';
import { verifyChain } from '../../src/archive/verify.ts';
import type { HeldDirectory } from '../../src/disk/held-directory.ts';
import { readBoxes } from '../../src/media/fmp4/box.ts';
import type { FragmentInput } from '../../src/media/fmp4/fragment.ts';
import { closeSegment, madeUpFragments, openSegment, temporaryDrive } from './temporary-drive.ts';

const FRAGMENTS = madeUpFragments(4, { frames: 3, frameBytes: 50 });

/** A segment as a killed recorder leaves it, with the offset at which each fragment ends. */
async function killed(drive: HeldDirectory, fragments: readonly FragmentInput[] = FRAGMENTS) {
  const file = await openSegment(drive);
  const ends = [file.sizeBytes];
  for (const fragment of fragments) {
    await file.appendFragment(fragment);
    ends.push(file.sizeBytes);
  }
  return { file, ends };
}

async function repair(drive: HeldDirectory, path: string) {
  let syncs = 0;
  const result = await repairSegment({
    drive,
    path,
    sync: async () => {
      syncs++;
    },
  });
  return { ...result, syncs };
}

async function expectClosed(root: string, file: SegmentFile, fragmentCount: number): Promise<void> {
  const path = join(root, file.path);
  expect(readBoxes(await readFile(path)).map(({ type }) => type)).toEqual(['ftyp', 'mdat', 'moov']);
  expect(await verifyChain(path)).toMatchObject({ isIntact: true, fragmentCount });
  const reader = await openSegmentReader(path);
  expect([reader.isClosed, reader.isRepaired, reader.fragments.length]).toEqual([true, true, fragmentCount]);
  for (let i = 0; i < fragmentCount; i++) expect((await reader.readFragment(i)).video).toEqual(FRAGMENTS[i]!.video);
  expect((await reader.readTables()).video.count).toBe(fragmentCount * 3);
  await reader.close();
}

describe('repairSegment', () => {
  it('closes a file that was not torn, without loss', async () => {
    const { root, drive } = await temporaryDrive();
    const { file } = await killed(drive);
    await file.abandon();
    const { entry, cutBytes, problem, syncs } = await repair(drive, file.path);
    expect({ cutBytes, problem, syncs }).toEqual({ cutBytes: 0, problem: undefined, syncs: 2 });
    const { size, blocks } = await stat(join(root, file.path));
    expect(entry).toEqual({ ...file.closedEntry(), isRepaired: true, sizeBytes: size });
    expect(blocks * 512).toBeLessThan(100_000); // what was reserved is free again
    await expectClosed(root, file, 4);
  });

  it('leaves a closed file as it is', async () => {
    const { root, drive } = await temporaryDrive();
    const { file } = await killed(drive);
    await closeSegment(drive, file);
    const before = await readFile(join(root, file.path));
    expect(await repair(drive, file.path)).toEqual({
      entry: file.closedEntry(),
      cutBytes: 0,
      problem: undefined,
      syncs: 0,
    });
    expect(await readFile(join(root, file.path))).toEqual(before);
  });

  it('keeps every whole fragment wherever the file was torn', async () => {
    const { root, drive } = await temporaryDrive();
    const { file, ends } = await killed(drive);
    await file.abandon();
    const path = join(root, file.path);
    const whole = await readFile(path);
    const boundaries = boxBoundaries(whole);
    const offsets = new Set([...boundaries.flatMap((at) => [at - 1, at, at + 1]), ...ends]);
    for (const offset of offsets) {
      if (offset < ends[1]! || offset > whole.length) continue;
      await writeFile(path, whole.subarray(0, offset));
      const kept = ends.filter((end) => end <= offset).length - 1;
      const { cutBytes } = await repair(drive, file.path);
      expect(cutBytes).toBe(offset - ends[kept]!);
      await expectClosed(root, file, kept);
    }
  });

  it('keeps every whole fragment, torn anywhere, with zeros or noise behind', async () => {
    const { root, drive } = await temporaryDrive();
    const { file, ends } = await killed(drive);
    await file.abandon();
    const path = join(root, file.path);
    const whole = await readFile(path);
    const tail = fc.oneof(
      fc.constant(Buffer.alloc(0)),
      fc.nat({ max: 70_000 }).map((length) => Buffer.alloc(length)),
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: ends[1]!, max: whole.length }), tail, async (offset, behind) => {
        await writeFile(path, Buffer.concat([whole.subarray(0, offset), behind]));
        await repair(drive, file.path);
        await expectClosed(root, file, ends.filter((end) => end <= offset).length - 1);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('cuts at a fragment whose head is intact and whose samples are zeros', async () => {
    const { root, drive } = await temporaryDrive();
    const { file, ends } = await killed(drive);
    await file.abandon();
    const path = join(root, file.path);
    const bytes = await readFile(path);
    bytes.fill(0, ends[3]! - 2000, ends[3]! - 1000);
    await writeFile(path, bytes);
    const { problem, cutBytes } = await repair(drive, file.path);
    expect(problem).toBe(`fragment at offset ${ends[2]} does not match its hash`);
    expect(cutBytes).toBe(bytes.length - ends[2]!);
    await expectClosed(root, file, 2);
  });

  it.each([
    ['half an index', 0.5],
    ['a whole index that was not made durable', 1],
  ])('writes the index anew when there is %s', async (_name, share) => {
    const { root, drive } = await temporaryDrive();
    const { file, ends } = await killed(drive);
    await file.appendIndex();
    await file.abandon();
    const fragmentsEnd = ends.at(-1)!;
    await truncate(join(root, file.path), fragmentsEnd + Math.floor((file.sizeBytes - fragmentsEnd) * share));
    await repair(drive, file.path);
    await expectClosed(root, file, 4);
  });

  it('helps a drive that kept the mark of closing and lost the index', async () => {
    const { root, drive } = await temporaryDrive();
    const { file, ends } = await killed(drive);
    await closeSegment(drive, file);
    const bytes = await readFile(join(root, file.path));
    bytes.fill(0, ends.at(-1)!);
    closedHeader(ends.at(-1)!).copy(bytes, HEADER_OFFSET);
    await writeFile(join(root, file.path), bytes);
    await repair(drive, file.path);
    await expectClosed(root, file, 4);
  });

  it.each([
    ['nothing was written', (): Buffer => Buffer.alloc(0)],
    ['only zeros reached the drive', (): Buffer => Buffer.alloc(200_000)],
    ['it ends within its front', (whole: Buffer): Buffer => whole.subarray(0, 300)],
    ['it has no whole fragment', (whole: Buffer, ends: number[]): Buffer => whole.subarray(0, ends[1]! - 1)],
  ])('removes a file of which %s', async (_name, damage) => {
    const { root, drive } = await temporaryDrive();
    const { file, ends } = await killed(drive);
    await file.abandon();
    const path = join(root, file.path);
    await writeFile(path, damage(await readFile(path), ends));
    expect((await repair(drive, file.path)).entry).toBeUndefined();
    expect(await readdir(dirname(path))).toEqual([]);
  });

  it('leaves a file alone whose front is damaged and that may hold footage', async () => {
    const { root, drive } = await temporaryDrive();
    const { file } = await killed(drive);
    await file.abandon();
    const path = join(root, file.path);
    const bytes = await readFile(path);
    bytes.fill(0, 0, 100);
    await writeFile(path, bytes);
    await expect(repair(drive, file.path)).rejects.toThrow(/does not begin like a segment/);
    expect(await readFile(path)).toEqual(bytes);
  });

  it('may be interrupted after any of its writes and repeated', async () => {
    const { root, drive } = await temporaryDrive();
    const { file } = await killed(drive);
    await file.abandon();
    for (const survivedSyncs of [0, 1]) {
      let syncs = 0;
      const interrupted = repairSegment({
        drive,
        path: file.path,
        sync: () => (syncs++ < survivedSyncs ? Promise.resolve() : Promise.reject(new Error('power cut'))),
      });
      await expect(interrupted).rejects.toThrow('power cut');
    }
    await repair(drive, file.path);
    await expectClosed(root, file, 4);
  });

  it('finds what has to be repaired', async () => {
    const { drive } = await temporaryDrive();
    const closed = await openSegment(drive, { seq: 1 });
    await closed.appendFragment(FRAGMENTS[0]!);
    await closeSegment(drive, closed);
    const open = await openSegment(drive, { seq: 2 });
    await open.appendFragment(FRAGMENTS[0]!);
    const fd = await drive.open(closed.path.replace('-1.mp4', '-3.mp4'), constants.O_CREAT | constants.O_RDWR);
    expect(fd).toBeGreaterThan(0);
    const found: string[] = [];
    for await (const path of findUnclosed(drive)) found.push(path);
    expect(found).toEqual([open.path, closed.path.replace('-1.mp4', '-3.mp4')]);
    await open.abandon();
  });
});

/** Where the boxes of a file begin, those within others included. */
function boxBoundaries(bytes: Buffer): number[] {
  const containers = new Set(['moof', 'traf']);
  const collect = (part: Buffer, base: number): number[] =>
    readBoxes(part).flatMap(({ type, offset, sizeBytes, body }) => {
      const start = base + offset;
      return [start, ...(containers.has(type) ? collect(body, start + sizeBytes - body.length) : [])];
    });
  return collect(bytes, 0);
}
