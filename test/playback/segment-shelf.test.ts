import { readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import type { CatalogSegment } from '../../src/catalog/rows.ts';
import { IDLE_MS, MAX_OPEN_SEGMENTS, SegmentShelf } from '../../src/playback/segment-shelf.ts';
import { closeSegment, fragmentsOf, makeDrive, type TestDrive } from './drive.ts';
import { type Clip, makeClip } from './footage.ts';

const START = Date.UTC(2026, 2, 1, 12);

let clip: Clip;
let drive: TestDrive;
let clock: ManualClock;
let shelf: SegmentShelf;
beforeAll(async () => {
  clip = await makeClip({ seconds: 2 });
});
beforeEach(async () => {
  drive = await makeDrive();
  clock = new ManualClock(START);
  shelf = new SegmentShelf({ clock });
});
afterEach(async () => {
  await shelf.stop();
  await drive.remove();
});

/** Files of the drive that this process holds open, as whoever wants to unmount it would see them. */
async function openFiles(): Promise<number> {
  let count = 0;
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
    if (target.startsWith(drive.root) && target.includes('.mp4')) count++;
  }
  return count;
}

function write(seq: number): Promise<CatalogSegment> {
  return drive.write(clip, { seq, startUtcMs: START + seq * 2_000 });
}

describe('segments that are open for reading', () => {
  test('are let go some time after their last use, so that the drive can be unmounted', async () => {
    const segment = await write(0);
    expect(await shelf.use(segment, (reader) => reader.fragments.length)).toBe(4);
    expect(await openFiles()).toBe(1);
    await clock.advance(IDLE_MS + 1);
    shelf.closeIdle();
    await expect.poll(openFiles).toBe(0);
  });

  test('are kept while they are used, and no more than the limit otherwise', async () => {
    const first = await write(0);
    const lease = await shelf.lease(first);
    for (let seq = 1; seq <= MAX_OPEN_SEGMENTS + 5; seq++) await shelf.use(await write(seq), () => undefined);
    expect(await openFiles()).toBeLessThanOrEqual(MAX_OPEN_SEGMENTS + 1);
    expect((await lease.reader.readFragment(0)).video?.samples.length).toBe(13);
    lease.release();
    await expect.poll(openFiles).toBeLessThanOrEqual(MAX_OPEN_SEGMENTS);
  });

  test('one that was deleted is not found although it was open, and what replaced it is read anew', async () => {
    const segment = await write(0);
    await shelf.use(segment, () => undefined);
    await rm(join(drive.root, segment.path));
    await expect(shelf.use(segment, () => undefined)).rejects.toMatchObject({ kind: 'not-found' });
    await drive.write({ ...clip, pictures: clip.pictures.slice(0, 25) }, { seq: 0, startUtcMs: START });
    expect(await shelf.use(segment, (reader) => reader.fragments.length)).toBe(2);
    await expect.poll(openFiles).toBe(1);
  });

  test('one that is being written is read up to its end each time, by many at once', async () => {
    const { file, entry } = await drive.begin(clip, { seq: 0, startUtcMs: START });
    const counts: number[][] = [];
    for (const fragment of fragmentsOf(clip, START)) {
      await file.appendFragment(fragment);
      const asked = Array.from({ length: 5 }, () => shelf.use(entry, (reader) => reader.fragments.length));
      counts.push(await Promise.all(asked));
    }
    await closeSegment(file);
    expect(counts).toEqual([1, 2, 3, 4].map((count) => Array.from({ length: 5 }, () => count)));
    expect(await shelf.use(entry, (reader) => reader.isClosed)).toBe(true);
  });
});
