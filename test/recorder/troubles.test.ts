import { beforeEach, describe, expect, it } from 'vitest';
import type { GapEntry } from '../../src/archive/entries.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { NO_KEY_FRAME_YET, NO_PICTURE_MADE } from '../../src/link/stream-words.ts';
import { GapTracker } from '../../src/recorder/gap-tracker.ts';
import { Troubles } from '../../src/recorder/troubles.ts';

const T = Date.UTC(2026, 0, 1);

describe('why a channel does not record', () => {
  let clock: ManualClock;
  let rows: GapEntry[];
  let troubles: Troubles;

  beforeEach(() => {
    clock = new ManualClock(T);
    rows = [];
    let count = 0;
    const gaps = new GapTracker({ unit: '01234567', channelId: 'aaaaaaaa', nextId: () => `gap-${++count}` });
    gaps.expectFrom(T);
    troubles = new Troubles({ gaps, clock, onGap: (entry) => rows.push(entry) });
  });

  /** As the ledger has it: the newest row of each id. */
  const ledger = () =>
    [...new Map(rows.map((row) => [row.id, row])).values()].map(({ cause, fromUtcMs, toUtcMs }) => [
      cause,
      fromUtcMs - T,
      toUtcMs === null ? null : toUtcMs - T,
    ]);

  it('names the pause while both the camera and the drives are away, and the camera after it', async () => {
    troubles.noteFootage(T, T + 1_000);
    await clock.advance(2_000);
    troubles.pauseFor({ cause: 'no-drive', detail: '' });
    await clock.advance(3_000);
    troubles.fail({ cause: 'camera-unreachable', detail: '' });
    expect(troubles.current?.cause).toBe('no-drive');
    await clock.advance(5_000);
    troubles.resume();
    expect(troubles.current?.cause).toBe('camera-unreachable');
    troubles.recover();
    troubles.noteFootage(T + 12_000, T + 12_500);
    expect(troubles.current).toBeUndefined();
    expect(ledger()).toEqual([
      ['no-drive', 1_000, 10_000],
      ['camera-unreachable', 10_000, 12_000],
    ]);
  });

  it('tells what a loss has cost when the next key frame ends it', () => {
    troubles.noteFootage(T, T + 1_000);
    troubles.fail({ cause: 'stream-error', detail: 'waiting for the next key frame' }, T + 1_000);
    troubles.noteFootage(T + 9_000, T + 9_500, { cause: 'stream-error', detail: 'packets were lost; 200 pictures' });
    expect(rows.at(-1)).toMatchObject({ detail: 'packets were lost; 200 pictures', toUtcMs: T + 9_000 });
  });

  it('tells when the wait for a key frame turns out to be in vain', () => {
    troubles.fail({ cause: 'stream-error', detail: `packets come, and ${NO_KEY_FRAME_YET} (75 packets in 3 s)` }, T);
    troubles.fail({ cause: 'stream-error', detail: `packets come, and ${NO_KEY_FRAME_YET} (99 packets in 4 s)` }, T);
    expect(rows).toHaveLength(1);
    troubles.fail({ cause: 'stream-error', detail: `packets come, and ${NO_PICTURE_MADE} (900 packets in 9 s)` }, T);
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatchObject({ id: rows[0]!.id, detail: expect.stringContaining('900 packets') });
  });

  it('explains a hole that nobody explained', () => {
    troubles.noteFootage(T, T + 1_000);
    troubles.noteFootage(T + 4_000, T + 5_000);
    expect(rows).toMatchObject([{ cause: 'no-data', fromUtcMs: T + 1_000, toUtcMs: T + 4_000 }]);
  });
});
