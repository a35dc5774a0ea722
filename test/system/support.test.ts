import { access, readdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createLoopBay, type LoopBay, whyNoLoopBays } from './support/loop-bay.ts';
import { type System, startSystem } from './support/system.ts';

describe('a system of both processes', () => {
  let system: System | undefined;
  afterEach(() => system?.destroy());

  it('records each camera without losing a frame, and stops without leaving one behind', async () => {
    system = await startSystem();
    await system.waitUntilRecording();
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await system.stack.stop();
    for (const channel of [1, 2]) {
      const compared = await system.compareFrames(channel);
      expect(compared.framesRecorded).toBeGreaterThan(100);
      expect(compared.lostRanges).toEqual([]);
      expect((await system.footageOf(channel)).files.every((file) => file.isClosed)).toBe(true);
    }
    expect(system.stack.exits).toEqual([]);
  });
});

describe('a bay in a loop device', () => {
  let bay: LoopBay | undefined;
  afterEach(() => bay?.destroy());

  it.for(['ext4', 'xfs'] as const)('is a file system of its own (%s)', async (fileSystem, context) => {
    const reason = await whyNoLoopBays();
    context.skip(reason !== undefined, reason);
    bay = await createLoopBay({ sizeMB: fileSystem === 'xfs' ? 320 : 32, fileSystem });
    expect(await readdir(bay.path)).toEqual([]);
    await bay.fillUpTo(2_000_000);
    const { bavail, bsize } = await statfs(bay.path);
    expect(bavail * bsize).toBeLessThan(3_000_000);
  });

  it('is an empty folder when pulled, holds its files when inserted again, and leaves nothing behind', async (context) => {
    const reason = await whyNoLoopBays();
    context.skip(reason !== undefined, reason);
    bay = await createLoopBay({ sizeMB: 32 });
    await writeFile(join(bay.path, 'file'), 'x');
    await bay.pull();
    expect(await readdir(bay.path)).toEqual([]);
    await bay.insert();
    expect(await readdir(bay.path)).toEqual(['file']);
    await bay.destroy();
    await expect(access(bay.path)).rejects.toThrow('ENOENT');
  });
});
