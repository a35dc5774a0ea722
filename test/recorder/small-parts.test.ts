import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIB } from '../../src/base/units.ts';
import { CommitPacer } from '../../src/recorder/commit-pacer.ts';
import { RateMeter } from '../../src/recorder/rate-meter.ts';
import { bytesToDelete, isDeletable, lowWaterBytes } from '../../src/recorder/room-policy.ts';

describe('RateMeter', () => {
  it('gives the last full second and the mean of the last minute', () => {
    const meter = new RateMeter();
    for (let ms = 0; ms < 120_000; ms += 40) meter.add(10_000, ms);
    expect(meter.read(120_000)).toEqual({ mbps1s: 2, mbps60s: 2 });
    expect(meter.read(121_500).mbps1s).toBe(0);
    expect(meter.read(150_000).mbps60s).toBeCloseTo(1, 1);
    expect(meter.read(300_000)).toEqual({ mbps1s: 0, mbps60s: 0 });
  });
});

describe('CommitPacer', () => {
  it('syncs a slow drive earlier, so that the promise holds', () => {
    const pacer = new CommitPacer(() => ({ promisedLossMs: 2_000, fragmentMs: 500 }));
    expect(pacer.commitEveryMs).toBe(1_300);
    for (let i = 0; i < 50; i++) pacer.note(300);
    expect(pacer.commitEveryMs).toBe(1_000);
    for (let i = 0; i < 50; i++) pacer.note(5_000);
    expect(pacer.commitEveryMs).toBe(500);
  });
});

describe('room policy', () => {
  it('deletes nothing while the next half minute of all streams fits', () => {
    const state = { capacityBytes: 4e12, freeBytes: 100e9, allottedMbps: 64 };
    expect(bytesToDelete(state)).toBe(0);
  });

  it('keeps a named share free on a drive of any size', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat().map((n) => 64 * MIB + (n % 2e12) * 10),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 1, max: 600, noNaN: true }),
        (capacityBytes, share, allottedMbps) => {
          const state = { capacityBytes, freeBytes: capacityBytes * share, allottedMbps };
          const low = lowWaterBytes(state);
          expect(low).toBeLessThanOrEqual(Math.max(capacityBytes / 10, 4 * MIB));
          const goal = bytesToDelete(state);
          if (state.freeBytes >= low) expect(goal).toBe(0);
          else expect(state.freeBytes + goal).toBeGreaterThanOrEqual(low);
        },
      ),
    );
  });

  const lock = { id: 'l', channelId: 'c', fromUtcMs: 10_000, toUtcMs: 20_000 };
  const rules = { locks: [lock], openPaths: new Set(['open.mp4']), maxSegmentMs: 3_000 };
  it.each([
    ['before the lock', { path: 'a', channelId: 'c', startUtcMs: 6_000 }, true],
    ['that may reach into the lock', { path: 'a', channelId: 'c', startUtcMs: 8_000 }, false],
    ['inside the lock', { path: 'a', channelId: 'c', startUtcMs: 19_999 }, false],
    ['after the lock', { path: 'a', channelId: 'c', startUtcMs: 20_000 }, true],
    ['of another channel', { path: 'a', channelId: 'd', startUtcMs: 15_000 }, true],
    ['that is being written', { path: 'open.mp4', channelId: 'd', startUtcMs: 1 }, false],
  ])('a segment %s', (_, candidate, expected) => {
    expect(isDeletable(candidate, rules)).toBe(expected);
  });
});
