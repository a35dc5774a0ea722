import { beforeEach, describe, expect, it } from 'vitest';
import { GapTracker } from '../../src/recorder/gap-tracker.ts';

const T = Date.UTC(2026, 0, 1);

describe('GapTracker', () => {
  let gaps: GapTracker;
  beforeEach(() => {
    let count = 0;
    gaps = new GapTracker({ unit: '01234567', channelId: 'aaaaaaaa', nextId: () => `gap-${++count}` });
  });

  it('says nothing while footage follows footage', () => {
    gaps.expectFrom(T);
    expect(gaps.footage(T + 300, T + 800, 'no-data', '')).toEqual([]);
    expect(gaps.footage(T + 800, T + 1300, 'no-data', '')).toEqual([]);
  });

  it('names a hole of a second or more between two pieces of footage', () => {
    gaps.expectFrom(T);
    gaps.footage(T, T + 500, 'no-data', '');
    expect(gaps.footage(T + 1_500, T + 2_000, 'stream-error', 'packets lost')).toMatchObject([
      { fromUtcMs: T + 500, toUtcMs: T + 1_500, cause: 'stream-error', detail: 'packets lost' },
    ]);
  });

  it('begins a gap where the footage ended, not where the failure was noticed, and ends it where footage begins', () => {
    gaps.expectFrom(T);
    gaps.footage(T, T + 500, 'no-data', '');
    const [opened] = gaps.fail('camera-unreachable', 'connection refused', T + 4_000);
    expect(opened).toMatchObject({ id: 'gap-1', fromUtcMs: T + 500, toUtcMs: null, cause: 'camera-unreachable' });
    expect(gaps.footage(T + 9_000, T + 9_500, 'no-data', '')).toMatchObject([{ id: 'gap-1', toUtcMs: T + 9_000 }]);
  });

  it('splits a gap whose cause changes, without a hole between the parts', () => {
    gaps.expectFrom(T);
    gaps.fail('camera-unreachable', '', T + 1_000);
    const changed = gaps.fail('refused-password', '', T + 6_000, T + 5_000);
    expect(changed).toMatchObject([
      { id: 'gap-1', fromUtcMs: T, toUtcMs: T + 5_000 },
      { id: 'gap-2', fromUtcMs: T + 5_000, toUtcMs: null, cause: 'refused-password' },
    ]);
    expect(gaps.fail('refused-password', '', T + 7_000)).toEqual([]);
  });

  it('keeps one row where another cause explains all of it: none has no length', () => {
    gaps.expectFrom(T);
    gaps.fail('drive-full', '', T + 1_000);
    expect(gaps.fail('camera-unreachable', 'refused', T + 6_000, T - 500)).toMatchObject([
      { id: 'gap-1', fromUtcMs: T, toUtcMs: null, cause: 'camera-unreachable', detail: 'refused' },
    ]);
    expect(gaps.explain('no-data', 'x')).toEqual([]);
    expect(gaps.explain('camera-unreachable', 'no route')).toMatchObject([{ id: 'gap-1', detail: 'no route' }]);
  });

  it('learns with the footage how much was lost, of a gap that is open for the same cause', () => {
    gaps.expectFrom(T);
    gaps.footage(T, T + 500, 'no-data', '');
    gaps.fail('stream-error', 'waiting', T + 4_000);
    expect(gaps.footage(T + 9_000, T + 9_500, 'stream-error', 'x', '212 pictures')).toMatchObject([
      { fromUtcMs: T + 500, toUtcMs: T + 9_000, cause: 'stream-error', detail: '212 pictures' },
    ]);
    gaps.fail('camera-unreachable', 'refused', T + 12_000);
    expect(gaps.footage(T + 15_000, T + 15_500, 'stream-error', 'x', '3 pictures')).toMatchObject([
      { cause: 'camera-unreachable', detail: 'refused' },
    ]);
  });

  it('accounts for the time in which the recorder was not running', () => {
    gaps.expectFrom(T + 10_000);
    expect(gaps.resume(T, T + 10_000)).toMatchObject([{ fromUtcMs: T, toUtcMs: null, cause: 'recorder-not-running' }]);
    expect(gaps.footage(T + 12_000, T + 12_500, 'no-data', '')).toMatchObject([{ toUtcMs: T + 12_000 }]);
  });

  it('accounts for it too when footage came before the end of the last run was known', () => {
    gaps.expectFrom(T + 10_000);
    gaps.footage(T + 10_200, T + 10_700, 'no-data', '');
    expect(gaps.resume(T, T + 10_000)).toMatchObject([
      { fromUtcMs: T, toUtcMs: T + 10_200, cause: 'recorder-not-running' },
    ]);
  });

  it('lets an unreachable camera follow the restart as a gap of its own', () => {
    gaps.expectFrom(T + 10_000);
    gaps.resume(T, T + 10_000);
    expect(gaps.fail('camera-unreachable', '', T + 15_000, T + 10_050)).toMatchObject([
      { cause: 'recorder-not-running', toUtcMs: T + 10_050 },
      { cause: 'camera-unreachable', fromUtcMs: T + 10_050 },
    ]);
  });

  it('takes back what did not become durable', () => {
    gaps.expectFrom(T);
    gaps.footage(T, T + 5_000, 'no-data', '');
    gaps.revoke(T + 3_500);
    expect(gaps.fail('no-drive', '', T + 5_100)).toMatchObject([{ fromUtcMs: T + 3_500 }]);
  });

  it('keeps to whole milliseconds, as everything that is stored', () => {
    gaps.expectFrom(T);
    gaps.footage(T, T + 500.25, 'no-data', '');
    expect(gaps.fail('no-drive', '', T + 4_000)).toMatchObject([{ fromUtcMs: T + 500 }]);
    expect(gaps.footage(T + 9_000.7, T + 9_500, 'no-data', '')).toMatchObject([{ toUtcMs: T + 9_001 }]);
  });

  it('ends the account when the channel leaves the plan', () => {
    gaps.expectFrom(T);
    gaps.fail('no-data', '', T + 2_000);
    expect(gaps.end(T + 3_000)).toMatchObject([{ toUtcMs: T + 3_000 }]);
    expect(gaps.coveredThroughUtcMs).toBeUndefined();
  });
});
