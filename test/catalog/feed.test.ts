import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { SourcedEntry } from '../../src/catalog/apply.ts';
import { CatalogFeed } from '../../src/catalog/feed.ts';
import { closedEntry, gapEntry } from './synthetic-drive.ts';

function feedInto(apply: (entries: readonly SourcedEntry[]) => Promise<void>): CatalogFeed {
  return new CatalogFeed({ catalog: { apply }, clock: new ManualClock(0), log: silentLog });
}

describe('facts on their way into the catalog', () => {
  it('go in together, with the drive that they are about', async () => {
    const batches: (readonly SourcedEntry[])[] = [];
    const feed = feedInto(async (entries) => void batches.push(entries));
    feed.onFact({ kind: 'segment-closed', driveId: 'drive-a', entry: closedEntry(0) });
    feed.onFact({ kind: 'plan-accepted', revision: 1 });
    feed.onFact({ kind: 'gap', entry: gapEntry(1) });
    await feed.runOnce();
    await feed.runOnce();
    expect(batches.map((batch) => batch.map(({ driveId, entry }) => [driveId, entry.kind]))).toEqual([
      [
        ['drive-a', 'segment-closed'],
        [undefined, 'gap'],
      ],
    ]);
  });

  it('are left to the next catch-up when they are too many, or cannot be written', async () => {
    let count = 0;
    const feed = feedInto(async (entries) => {
      count += entries.length;
      throw new Error('disk I/O error');
    });
    for (let seq = 0; seq < 5000; seq++) {
      feed.onFact({ kind: 'segment-closed', driveId: 'drive-a', entry: closedEntry(seq) });
    }
    await feed.runOnce();
    await feed.runOnce();
    expect(count).toBe(2000);
  });

  it('do not get lost when control ends', async () => {
    let count = 0;
    const feed = feedInto(async (entries) => {
      count += entries.length;
    });
    feed.start();
    feed.onFact({ kind: 'gap', entry: gapEntry(1) });
    await feed.stop();
    expect(count).toBe(1);
  });
});
