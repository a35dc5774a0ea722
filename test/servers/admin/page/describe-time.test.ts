import { describe, expect, it } from 'vitest';
import type { Timeline } from '../../../../src/servers/admin/page/api/types.ts';
import { describeTime } from '../../../../src/servers/admin/page/timeline/describe.ts';
import { gapBetween, nextFootage } from '../../../../src/servers/admin/page/timeline/footage.ts';

process.env.TZ = 'UTC';
const at = (second: number) => Date.UTC(2026, 10, 23, 12, 0, second);
const gap = { id: 'g1', fromUtcMs: at(20), toUtcMs: at(30), cause: 'camera-unreachable', detail: 'connection refused' };
const lasting = { id: 'g2', fromUtcMs: at(50), toUtcMs: null, cause: 'no-data', detail: '' };
const data: Timeline = {
  channel: 1,
  fromUtcMs: at(0),
  toUtcMs: at(60),
  footage: [
    { fromUtcMs: at(10), toUtcMs: at(20) },
    { fromUtcMs: at(30), toUtcMs: at(50) },
  ],
  gaps: [gap, lasting],
};

describe('what there is at a time', () => {
  const cases: [string, number, string, string][] = [
    ['footage', 15, 'Footage', ''],
    [
      'a gap, with its cause and how long it was',
      25,
      'Camera unreachable',
      '12:00:20 to 12:00:30, 10 s. connection refused',
    ],
    ['a gap that still lasts', 52, 'Camera sends nothing', '12:00:50 still lasts, 5 s'],
    ['neither: it is not known why', 5, 'No footage', 'Not set up yet, or deleted to make room.'],
  ];
  it.each(cases)('%s', (_, second, text, detail) =>
    expect(describeTime(data, at(second), at(55))).toMatchObject({ text, detail }),
  );

  it('what is to come is no gap', () =>
    expect(describeTime({ ...data, gaps: [gap] }, at(58), at(55)).text).toBe('Not yet'));
  it('a gap of a hair is found beside it, when it may be missed by a little', () =>
    expect(describeTime(data, at(19), at(55), 1500).text).toBe('Camera unreachable'));
  it('says nothing before it knows', () => expect(describeTime(undefined, at(1), at(55)).text).toBe(''));
});

describe('around gaps', () => {
  it('playback goes on with the footage after the gap', () =>
    expect(nextFootage(data.footage, at(25))?.fromUtcMs).toBe(at(30)));
  it('after the last footage there is none', () => expect(nextFootage(data.footage, at(51))).toBeUndefined());
  it('the gap that explains most of a hole is named', () =>
    expect(gapBetween([{ ...gap, id: 'g0', toUtcMs: at(21) }, gap], at(20), at(30))?.id).toBe('g1'));
  it('a hole without a gap is not explained', () => expect(gapBetween([gap], at(30), at(40))).toBeUndefined());
});
