import { describe, expect, it } from 'vitest';
import { mediaTimeAt, wallTimeAt } from '../../../../src/servers/admin/page/playback/wall-clock.ts';

/** 8 s of footage, a hole of a minute, 4 s of footage. */
const stretches = [
  { startS: 0, durationS: 4, startUtcMs: 100_000 },
  { startS: 4, durationS: 4, startUtcMs: 104_000 },
  { startS: 8, durationS: 4, startUtcMs: 168_000 },
];

describe('wall time of what is played', () => {
  it.each([
    [0, 100_000],
    [5.5, 105_500],
    [8, 168_000],
    [11, 171_000],
  ])('%d s is %d', (mediaS, wallUtcMs) => expect(wallTimeAt(stretches, mediaS)).toBe(wallUtcMs));
  it('is not known without a playlist', () => expect(wallTimeAt([], 3)).toBeUndefined());
});

describe('where a wall time is played', () => {
  const cases: [string, number, number | undefined][] = [
    ['inside an entry', 105_500, 5.5],
    ['in a hole: where footage goes on', 130_000, 8],
    ['just before the first picture: at it', 99_200, 0],
    ['before the playlist: nowhere', 90_000, undefined],
    ['after it: nowhere', 172_000, undefined],
  ];
  it.each(cases)('%s', (_, wallUtcMs, mediaS) => expect(mediaTimeAt(stretches, wallUtcMs)).toBe(mediaS));
});
