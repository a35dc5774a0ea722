import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { directoryBay } from '../../scripts/lib/stack.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { createDriveLabel } from '../../src/archive/drive-label.ts';
import { expectOneRun } from './support/expect-footage.ts';
import { createLoopBay, type LoopBay, whyNoLoopBays } from './support/loop-bay.ts';
import { type System, startSystem } from './support/system.ts';

const FILL_TIMEOUT_MS = 180_000;
const CHANNELS = [1, 2];
const SIMULATOR = {
  cameras: 2,
  clip: { width: 640, height: 360, mbps: 2, keyIntervalSeconds: 1 },
  subClip: false,
} as const;

describe('a bay that is full', () => {
  let system: System | undefined;
  let bay: LoopBay | undefined;
  afterEach(async () => {
    await system?.destroy();
    await bay?.destroy();
  });

  const oldest = async (number: number) => Math.min(...((await system!.recordedFrames()).get(number)?.numbers ?? []));

  it('from the start and one that fills while recording: the oldest footage goes, no frame is lost', async (context) => {
    const reason = await whyNoLoopBays();
    context.skip(reason !== undefined, reason);
    bay = await createLoopBay({ sizeMB: 40 });
    // Not ours, so that it cannot be deleted: what is left is a bay for 24 s of both cameras.
    await createDriveLabel(bay.path, { label: 'small', unit: '00000000', nowUtcMs: Date.now() });
    await bay.fillUpTo(12_000_000);
    system = await startSystem({ bays: [bay.bay], simulator: SIMULATOR });
    await system.waitUntilRecording();
    const first = await oldest(1);
    await waitFor('the oldest footage goes', FILL_TIMEOUT_MS, async () => (await oldest(1)) > first);
    // Full of its own footage now: a start on it.
    await system.stack.recorder.stop();
    for (const number of CHANNELS) await expectOneRun(system, number);
    await system.stack.recorder.start();
    const atRestart = Date.now();
    await system.waitUntilRecording();
    await waitFor('the footage from before the restart goes', FILL_TIMEOUT_MS, async () => {
      const footage = await Promise.all(CHANNELS.map((number) => system!.footageOf(number)));
      return footage.every(({ files }) => files.length > 1 && files[0]!.startUtcMs > atRestart - 10_000);
    });
    await system.stack.recorder.stop();
    for (const number of CHANNELS) {
      const gaps = await system.gapsOf(number);
      expect(
        gaps.map(({ cause }) => cause).filter((cause) => cause !== 'no-data' && cause !== 'recorder-not-running'),
      ).toEqual([]);
      const spans = (await system.footageOf(number)).spans;
      expect(
        spans.length,
        `footage of channel ${number} but for the restart: ${JSON.stringify(spans)}`,
      ).toBeLessThanOrEqual(2);
    }
  });

  it('does not stop what goes to another bay', async (context) => {
    const reason = await whyNoLoopBays();
    context.skip(reason !== undefined, reason);
    bay = await createLoopBay({ sizeMB: 32 });
    await createDriveLabel(bay.path, { label: 'full', unit: '00000000', nowUtcMs: Date.now() });
    await bay.fillUpTo(400_000); // and none of it ours: nothing may be deleted
    const other = directoryBay('bay2', join(bay.path, '..', 'bay2'), 500);
    system = await startSystem({ bays: [bay.bay, other], simulator: SIMULATOR });
    await system.waitUntilRecording();
    await waitFor('12 s of footage', 40_000, async () => {
      const { spans } = await system!.footageOf(2);
      return spans.at(-1)!.toUtcMs - spans[0]!.fromUtcMs > 12_000;
    });
    await system.stack.recorder.stop();
    for (const number of CHANNELS) await expectOneRun(system, number);
  });
});

describe('all bays gone', () => {
  let system: System | undefined;
  let bay: LoopBay | undefined;
  afterEach(async () => {
    await system?.destroy();
    await bay?.destroy();
  });

  it('pauses recording with cause no drive, writes nothing to the system disk, and goes on when a bay is back', async (context) => {
    const reason = await whyNoLoopBays();
    context.skip(reason !== undefined, reason);
    bay = await createLoopBay({ sizeMB: 64 });
    system = await startSystem({ bays: [bay.bay], simulator: SIMULATOR });
    await system.waitUntilRecording();
    await bay.pull();
    await waitFor('the channels pause', 10_000, () =>
      [...system!.facts.channels.values()].every((state) => state.state === 'paused' && state.cause === 'no-drive'),
    );
    await waitFor('ten seconds of it', 20_000, async () => {
      const open = (await system!.gapsOf(1)).find((gap) => gap.cause === 'no-drive' && gap.toUtcMs === null);
      return open !== undefined && Date.now() - open.fromUtcMs > 10_000;
    });
    expect(await readdir(bay.path), 'the empty mount point on the system disk').toEqual([]);
    const backUtcMs = Date.now();
    await bay.insert();
    await system.waitUntilRecording(CHANNELS, 15_000);
    for (const number of CHANNELS) {
      const gap = (await system.gapsOf(number)).find(({ cause }) => cause === 'no-drive')!;
      expect(gap.toUtcMs! - backUtcMs, `channel ${number} records again`).toBeLessThan(5_000);
    }
  });

  it('does the same where folders stand for bays', async () => {
    system = await startSystem({ simulator: SIMULATOR });
    await system.waitUntilRecording();
    const paths = system.stack.bays.map(({ path }) => path);
    for (const path of paths) await rename(path, `${path}.away`);
    await waitFor('the channels pause', 10_000, () =>
      [...system!.facts.channels.values()].every((state) => state.state === 'paused' && state.cause === 'no-drive'),
    );
    for (const path of paths) await expect(stat(path)).rejects.toThrow('ENOENT');
    await waitFor('five seconds of it', 20_000, async () => {
      const open = (await system!.gapsOf(1)).find((gap) => gap.cause === 'no-drive' && gap.toUtcMs === null);
      return open !== undefined && Date.now() - open.fromUtcMs > 5_000;
    });
    await rename(`${paths[1]}.away`, paths[1]!);
    await system.waitUntilRecording(CHANNELS, 15_000);
  });
});
