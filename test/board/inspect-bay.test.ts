import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDriveLabel } from '../../src/archive/drive-label.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { BayWatch } from '../../src/board/bay-watch.ts';
import { inspectBay } from '../../src/board/inspect-bay.ts';
import type { Bay } from '../../src/board/model.ts';

const UNIT = 'aabbccdd';
let folder: string;
let bay: Bay;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-bay-'));
  bay = { id: 'bay1', label: 'Bay 1', kind: 'directory', path: join(folder, 'bay1') };
});
afterEach(async () => {
  await chmod(bay.path, 0o755).catch(() => undefined); // not every test makes it
  await rm(folder, { recursive: true });
});

const inspect = (change: Partial<Bay> = {}) => inspectBay({ ...bay, ...change }, { unit: UNIT, nowUtcMs: 0 });
const label = (path = bay.path) => createDriveLabel(path, { label: 'Drive 7', unit: UNIT, nowUtcMs: 0 });

describe('a bay', () => {
  it('whose folder does not exist is gone, and the folder is not made', async () => {
    expect(await inspect({ adoptBlank: true })).toEqual({ state: 'gone', detail: `${bay.path} does not exist` });
    expect(await readdir(folder)).toEqual([]);
  });

  it('with an empty folder is adopted where the model allows it, once', async () => {
    await mkdir(bay.path);
    const first = await inspect({ adoptBlank: true });
    expect(first).toMatchObject({ state: 'ready', driveLabel: 'Bay 1' });
    expect(await inspect({ adoptBlank: true })).toMatchObject({ driveId: first.state === 'ready' && first.driveId });
  });

  it('with an empty folder is left alone where it does not', async () => {
    await mkdir(bay.path);
    expect(await inspect()).toEqual({
      state: 'unknown',
      detail: `${bay.path} is empty and has not been made a drive of ours`,
    });
    expect(await readdir(bay.path)).toEqual([]);
  });

  it('that holds files of somebody else is never adopted', async () => {
    await mkdir(bay.path);
    await writeFile(join(bay.path, 'photos.zip'), '');
    expect(await inspect({ adoptBlank: true })).toEqual({
      state: 'unknown',
      detail: `${bay.path} is not empty and has no drive label: it is left as it is`,
    });
    expect(await readdir(bay.path)).toEqual(['photos.zip']);
  });

  it('that is a file is failed', async () => {
    await writeFile(bay.path, '');
    expect(await inspect()).toEqual({ state: 'failed', detail: `${bay.path} is not a folder` });
  });

  it('of kind mount on which nothing is mounted is gone: it would be the system disk', async () => {
    await mkdir(bay.path);
    await label();
    expect(await inspect({ kind: 'mount' })).toEqual({ state: 'gone', detail: `nothing is mounted at ${bay.path}` });
  });

  it('with a drive of a newer format is failed, by name', async () => {
    await mkdir(bay.path);
    const { id } = await label();
    const path = join(bay.path, 'holdfast', 'drive.json');
    await writeFile(path, JSON.stringify({ format: 2, id }));
    expect(await inspect({ adoptBlank: true })).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('format 2'),
    });
  });

  it('has the limit of the model as its capacity', async () => {
    await mkdir(bay.path);
    await label();
    expect(await inspect({ capacityMB: 100 })).toMatchObject({ capacityBytes: 1e8, freeBytes: 1e8 });
  });

  // Root may write everywhere, so that this shows only for other users.
  it('without write permission is failed, by name', async (context) => {
    context.skip(process.getuid?.() === 0, 'root may write everywhere');
    await mkdir(bay.path);
    await label();
    await chmod(bay.path, 0o555);
    expect(await inspect()).toEqual({ state: 'failed', detail: `${bay.path}: no permission to read and write` });
  });
});

describe('watching the bays', () => {
  it('tells of a drive that goes and comes back, within a second each', async () => {
    await mkdir(bay.path);
    const clock = new ManualClock(0);
    let changes = 0;
    const watch = new BayWatch({
      bays: [{ ...bay, adoptBlank: true }],
      unit: UNIT,
      clock,
      log: silentLog,
      onChange: () => changes++,
    });
    await watch.start();
    expect(watch.views[0]?.facts.state).toBe('ready');
    await rename(bay.path, join(folder, 'pulled'));
    await clock.advance(1000);
    await expect.poll(() => watch.views[0]?.facts.state).toBe('gone');
    await rename(join(folder, 'pulled'), bay.path);
    await clock.advance(1000);
    await expect.poll(() => watch.views[0]?.facts.state).toBe('ready');
    expect(changes).toBe(2);
    await watch.stop();
  });

  it('does not write to a copy of a drive in another bay', async () => {
    await mkdir(bay.path);
    const other = { ...bay, id: 'bay2', label: 'Bay 2', path: join(folder, 'bay2') };
    await mkdir(other.path);
    const { id } = await label();
    await mkdir(join(other.path, 'holdfast'));
    const copy = {
      format: 1,
      id,
      label: 'Copy',
      encryption: 'none',
      madeByUnit: UNIT,
      madeUtc: '2026-03-01T00:00:00.000Z',
    };
    await writeFile(join(other.path, 'holdfast', 'drive.json'), JSON.stringify(copy));
    const clock = new ManualClock(0);
    const watch = new BayWatch({ bays: [bay, other], unit: UNIT, clock, log: silentLog, onChange: () => undefined });
    await watch.start();
    expect(watch.views.map(({ facts }) => facts.state)).toEqual(['ready', 'failed']);
    await watch.stop();
  });
});
