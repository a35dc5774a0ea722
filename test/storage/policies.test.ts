import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/base/units.ts';
import type { CatalogSegment } from '../../src/catalog/rows.ts';
import { forecastDays } from '../../src/storage/forecast.ts';
import { refuseLock, spanBytes } from '../../src/storage/lock-policy.ts';
import { deletionsOf, expiryUtcMs, isLocked, MAX_PATHS_PER_REQUEST } from '../../src/storage/retention.ts';

function segment(seq: number, driveId = 'drive-a'): CatalogSegment {
  return {
    unit: 'aabbccdd',
    channelId: 'dock',
    boot: 1,
    seq,
    driveId,
    root: '/bays/1',
    path: `segment-${seq}.mp4`,
    startUtcMs: seq * HOUR_MS,
    endUtcMs: (seq + 1) * HOUR_MS,
    sizeBytes: 1_000_000,
    videoFrames: 90_000,
    videoCodec: 'h264',
    width: 1920,
    height: 1080,
    audioCodec: null,
    hash: '',
    isRepaired: false,
  };
}

const lock = (fromH: number, toH: number, channelId = 'dock') => ({
  id: 'lock',
  channelId,
  fromUtcMs: fromH * HOUR_MS,
  toUtcMs: toH * HOUR_MS,
});

describe('retention by age', () => {
  it('without a maximum age nothing is too old', () => {
    expect(expiryUtcMs(null, 5 * DAY_MS)).toBeUndefined();
    expect(expiryUtcMs(30, 50 * DAY_MS)).toBe(20 * DAY_MS);
  });

  it.each([
    { name: 'the segment in a lock stays', span: lock(1, 2), left: [1] },
    { name: 'both that a lock touches stay', span: lock(1.5, 2.5), left: [1, 2] },
    { name: 'a lock that only meets their borders keeps neither neighbour', span: lock(1, 2), left: [1] },
    { name: 'a lock on another channel keeps nothing', span: lock(0, 10, 'gate'), left: [] },
    { name: 'a lock that was lifted keeps nothing', span: lock(2, 1), left: [] },
  ])('$name', ({ span, left }) => {
    const expired = [0, 1, 2, 3].map((seq) => segment(seq));
    const deleted = deletionsOf(expired, [span]).flatMap(({ paths }) => paths);
    expect(deleted).toEqual(expired.filter(({ seq }) => !left.includes(seq)).map(({ path }) => path));
  });

  it('a segment that is still written is locked by whatever begins after it', () => {
    expect(isLocked({ ...segment(0), endUtcMs: null }, lock(50, 51))).toBe(true);
  });

  it('asks each drive for its own, in batches', () => {
    const expired = Array.from({ length: 2500 }, (_, seq) => segment(seq, seq < 100 ? 'drive-a' : 'drive-b'));
    expect(deletionsOf(expired, []).map(({ driveId, paths }) => [driveId, paths.length])).toEqual([
      ['drive-a', 100],
      ['drive-b', MAX_PATHS_PER_REQUEST],
      ['drive-b', MAX_PATHS_PER_REQUEST],
      ['drive-b', 400],
    ]);
  });

  it('over a year, keeps what is younger, locked or both, and nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 300 }), (maxAgeDays, lockedDay) => {
        const locks = [lock(lockedDay * 24, lockedDay * 24 + 24)];
        let kept: CatalogSegment[] = [];
        for (let day = 0; day < 365; day++) {
          kept.push({ ...segment(day * 24), endUtcMs: (day + 1) * DAY_MS });
          const nowUtcMs = (day + 1) * DAY_MS;
          const expired = kept.filter(({ endUtcMs }) => endUtcMs! < expiryUtcMs(maxAgeDays, nowUtcMs)!);
          const deleted = new Set(deletionsOf(expired, locks).flatMap(({ paths }) => paths));
          kept = kept.filter(({ path }) => !deleted.has(path));
        }
        const young = kept.filter(({ startUtcMs }) => startUtcMs !== lockedDay * DAY_MS);
        expect(kept.some(({ startUtcMs }) => startUtcMs === lockedDay * DAY_MS)).toBe(true);
        expect(young.length).toBeGreaterThanOrEqual(maxAgeDays);
        expect(young.length).toBeLessThanOrEqual(maxAgeDays + 1);
      }),
      { numRuns: 20 },
    );
  });
});

describe('forecast of days kept', () => {
  const drives = [
    { driveId: 'a', usableBytes: 4e12 },
    { driveId: 'b', usableBytes: 2e12 },
  ];

  it('6 TB at 64 Mbps are 8.7 days on each drive', () => {
    expect(forecastDays(drives, 64, null).get('a')).toBeCloseTo(8.68, 2);
    expect(forecastDays(drives, 64, null).get('b')).toBeCloseTo(8.68, 2);
  });

  it('says no more than the maximum age, and nothing while nothing is recorded', () => {
    expect(forecastDays(drives, 64, 3).get('a')).toBe(3);
    expect(forecastDays(drives, 0, 3).get('a')).toBeNull();
  });
});

describe('locks', () => {
  it.each([
    { name: 'half of the capacity exactly is taken', lockedBytes: 4e11, neededBytes: 1e11, refusal: undefined },
    {
      name: 'a byte more is refused with the numbers',
      lockedBytes: 4e11,
      neededBytes: 1e11 + 1,
      refusal: 'locked footage may fill half of the capacity, 500.0 GB: 400.0 GB are locked, this span needs 100.0 GB',
    },
  ])('$name', ({ lockedBytes, neededBytes, refusal }) => {
    expect(refuseLock({ capacityBytes: 1e12, lockedBytes, neededBytes })).toBe(refusal);
  });

  it('what is still to come is counted by the allotment', () => {
    const span = { segments: [segment(0)], toUtcMs: 2 * HOUR_MS, nowUtcMs: HOUR_MS, allotmentMbps: 2 };
    expect(spanBytes(span)).toBe(1_000_000 + 900_000_000);
  });
});
