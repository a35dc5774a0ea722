import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { HOUR_MS } from '../../src/base/units.ts';
import { statePaths } from '../../src/link/state.ts';
import { timelineOf } from './support/expect-footage.ts';
import { type System, startSystem } from './support/system.ts';

describe('the catalog deleted', () => {
  let system: System | undefined;
  afterEach(() => system?.destroy());

  it('is back after a restart of control, footage and gaps, from the drives alone', async () => {
    system = await startSystem();
    const { stack } = system;
    await system.waitUntilRecording();
    await system.simulator.setFault(2, { kind: 'silent', forSeconds: 6 });
    await waitFor('the silent camera has a gap that has ended', 40_000, async () =>
      (await system!.gapsOf(2)).some(
        (gap) => gap.cause === 'no-data' && gap.toUtcMs !== null && gap.toUtcMs - gap.fromUtcMs > 3_000,
      ),
    );
    await waitFor(
      'three segments are closed',
      40_000,
      async () => (await system!.footageOf(1)).files.filter((f) => f.isClosed).length >= 3,
    );
    await stack.recorder.stop();

    const [fromUtcMs, toUtcMs] = [Date.now() - HOUR_MS, Date.now()];
    const read = async () => {
      const api = await stack.signIn();
      return Promise.all([1, 2].map((number) => timelineOf(api, number, fromUtcMs, toUtcMs)));
    };
    const before = await waitFor('the catalog has caught up', 15_000, async () => {
      const timelines = await read();
      const files = (await system!.footageOf(1)).spans.at(-1)!;
      return timelines[0]!.footage.some((span) => Math.abs(span.toUtcMs - files.toUtcMs) < 200) && timelines;
    });

    await stack.control.stop();
    const { catalog, ledger } = statePaths(stack.stateDir);
    for (const path of [catalog, `${catalog}-wal`, `${catalog}-shm`, ledger])
      await rm(path, { recursive: true, force: true });
    await stack.control.start();

    await waitFor('everything is back', 20_000, async () => {
      const after = await read();
      expect(after.map(({ footage }) => footage)).toEqual(before.map(({ footage }) => footage));
      const ended = (timelines: typeof before) =>
        timelines.map(({ gaps }) =>
          gaps
            .filter((gap) => gap.toUtcMs !== null)
            .map(({ id }) => id)
            .sort(),
        );
      expect(ended(after)).toEqual(ended(before));
      expect(ended(after)[1]!.length).toBeGreaterThan(0);
      return true;
    });
  });
});
