import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GapEntry, StoredEntry } from '../../src/archive/entries.ts';
import { readJournal } from '../../src/archive/journal-reader.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { Ledger } from '../../src/recorder/ledger.ts';
import { lockChanges } from '../../src/recorder/lock-changes.ts';
import { resumePoint } from '../../src/recorder/resume-point.ts';

const T = Date.UTC(2026, 0, 1);
const GAP: GapEntry = {
  kind: 'gap',
  id: '01234567-1-1',
  unit: '01234567',
  channelId: 'aaaaaaaa',
  fromUtcMs: T,
  toUtcMs: null,
  cause: 'no-data',
  detail: '',
};

describe('where an account goes on after a start', () => {
  it.each([
    ['a channel that never recorded owes nothing', undefined, T + 9_000, 0, undefined, undefined],
    ['after footage: from its end', undefined, T + 9_000, T + 5_000, undefined, T + 5_000],
    ['an open gap ends where the recorder was last alive', GAP, T + 9_000, 0, T + 9_000, T + 9_000],
    ['or where footage came after that', GAP, T + 9_000, T + 12_000, T + 12_000, T + 12_000],
    ['and never before it began', GAP, T - 5_000, 0, T, T],
  ])('%s', (_, openGap, aliveUtcMs, footageEndUtcMs, closedAt, fromUtcMs) => {
    const point = resumePoint({ openGap, aliveUtcMs, footageEndUtcMs });
    expect(point.closed?.toUtcMs).toBe(closedAt);
    expect(point.fromUtcMs).toBe(fromUtcMs);
  });
});

describe('the ledger', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-ledger-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('numbers a gap that is closed after a restart as a new line', async () => {
    const clock = new ManualClock(T);
    const first = new Ledger({ folder, clock, log: silentLog });
    await first.start();
    first.append(GAP);
    await first.stop();

    await clock.advance(60_000);
    const second = new Ledger({ folder, clock, log: silentLog });
    await second.start();
    const [open] = second.openGaps();
    second.append({ ...open!, toUtcMs: T + 60_000 });
    expect(second.openGaps()).toEqual([]);
    await second.stop();

    const lines: StoredEntry[] = [];
    for await (const line of readJournal(folder)) lines.push(line);
    expect(lines.map(({ n, t }) => [n, Date.parse(t) - T])).toEqual([
      [1, 0],
      [2, 60_000],
    ]);
  });
});

describe('lock changes', () => {
  const lock = { id: 'a', channelId: 'aaaaaaaa', fromUtcMs: T, toUtcMs: T + 1_000 };

  it.each([
    ['a new lock is told', [], [lock], [{ ...lock, kind: 'lock' }]],
    ['one that stays is not told again', [lock], [lock], []],
    ['one that grows is', [lock], [{ ...lock, toUtcMs: T + 2_000 }], [{ ...lock, kind: 'lock', toUtcMs: T + 2_000 }]],
    ['one that is lifted ends before it begins', [lock], [], [{ ...lock, kind: 'lock', toUtcMs: T - 1 }]],
  ])('%s', (_, before, after, expected) => expect(lockChanges(before, after)).toEqual(expected));
});
