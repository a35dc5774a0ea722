import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Impairment } from './impairment.ts';

const PACKETS = 20_000;
const BURST_MS = 40;

/** Packets in bursts of ten, as frames are sent. */
function fates(options: { lossShare: number; reorderShare: number; jitterMs: number; seed: number }) {
  const impairment = new Impairment(options);
  return Array.from({ length: PACKETS }, (_, i) => {
    const nowMs = Math.floor(i / 10) * BURST_MS;
    return { i, nowMs, ...impairment.decide(nowMs) };
  });
}

describe('a bad network', () => {
  test('loses and reorders the shares that were asked for, and delays the rest up to its jitter', () => {
    const all = fates({ lossShare: 0.01, reorderShare: 0.05, jitterMs: 50, seed: 3 });
    const kept = all.filter(({ isDropped }) => !isDropped);
    expect((PACKETS - kept.length) / PACKETS).toBeCloseTo(0.01, 2);
    const arrived = [...kept].sort((a, b) => a.dueMs - b.dueMs || a.i - b.i);
    let highest = -1;
    let late = 0;
    for (const { i } of arrived) {
      if (i < highest) late++;
      highest = Math.max(highest, i);
    }
    expect(late / kept.length).toBeCloseTo(0.05, 1);
    expect(Math.max(...kept.map(({ dueMs, nowMs }) => dueMs - nowMs))).toBeLessThan(50 + 31);
    expect(kept.every(({ dueMs, nowMs }) => dueMs >= nowMs)).toBe(true);
  });

  test('does the same with the same seed, and without faults nothing', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const options = { lossShare: 0.1, reorderShare: 0.1, jitterMs: 20, seed };
        const [one, two] = [new Impairment(options), new Impairment(options)];
        const none = new Impairment({ lossShare: 0, reorderShare: 0, jitterMs: 0, seed });
        for (let nowMs = 0; nowMs < 50; nowMs++) {
          expect(one.decide(nowMs)).toEqual(two.decide(nowMs));
          expect(none.decide(nowMs)).toEqual({ isDropped: false, dueMs: nowMs });
        }
      }),
    );
  });
});
