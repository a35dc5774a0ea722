import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import { rebuildCatalog } from '../../src/catalog/rebuild.ts';
import { channelId, closedEntry, START_UTC_MS, writeSyntheticDrive } from './synthetic-drive.ts';

const SEGMENTS = 100_000;
const CHANNELS = 64;

describe('rebuilding the catalog of 100,000 segments on two drives', () => {
  let folder: string;
  const roots = () => ['bay1', 'bay2'].map((name) => join(folder, name));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-rebuild-'));
    const entries = Array.from({ length: SEGMENTS }, (_, seq) => closedEntry(seq, CHANNELS));
    for (const [index, root] of roots().entries()) {
      await mkdir(root);
      await writeSyntheticDrive(
        root,
        entries.filter(({ seq }) => seq % 2 === index),
      );
    }
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('takes seconds, and leaves the event loop free', async () => {
    const catalog = await openCatalog({ path: join(folder, 'catalog.sqlite'), clock: systemClock, log: silentLog });
    const delays = watchEventLoop();
    const { entries, durationMs } = await rebuildCatalog({
      catalog,
      ledgerFolder: join(folder, 'ledger'),
      drives: roots().map((root, index) => ({ driveId: `drive-${index}`, root })),
      clock: systemClock,
    });
    const longestMs = delays.stop();
    console.log(
      `catalog of ${SEGMENTS} segments rebuilt in ${durationMs} ms, event loop held up ${longestMs} ms at most`,
    );
    expect(entries).toBe(SEGMENTS);
    expect(durationMs).toBeLessThan(25_000);
    // Long enough for a busy machine with two cores; a blocking read of everything would take seconds.
    expect(longestMs).toBeLessThan(1_000);

    const startMs = performance.now();
    const day = await catalog.segmentsOf(channelId(3), START_UTC_MS, START_UTC_MS + 86_400_000);
    expect(day).toHaveLength(288);
    expect(performance.now() - startMs).toBeLessThan(500);
    await catalog.stop();
  }, 30_000);
});

function watchEventLoop(): { stop(): number } {
  let longestMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastMs - 10);
    lastMs = performance.now();
  }, 10);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(longestMs);
    },
  };
}
