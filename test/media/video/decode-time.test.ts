import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeTimeline } from '../../../src/media/video/decode-time.ts';

function run(depth: number, presentation: number[]): { decoding: number[]; observedDepth: number } {
  const timeline = new DecodeTimeline(depth);
  return { decoding: presentation.map((time) => timeline.push(time)), observedDepth: timeline.observedDepth };
}

describe('decoding times', () => {
  const cases: [string, number, number[], number[], number][] = [
    ['without reordering they are the presentation times', 0, [0, 3600, 7200], [0, 3600, 7200], 0],
    ['equal presentation times are set apart by one tick', 0, [0, 3600, 3600, 7200], [0, 3600, 3601, 7200], 0],
    ['one picture of delay', 1, [0, 10_800, 3600, 7200, 21_600], [-3600, 0, 3600, 7200, 10_800], 1],
    [
      'two pictures of delay, as a pyramid needs them',
      2,
      [0, 14_400, 7200, 3600, 10_800],
      [-7200, -3600, 0, 3600, 7200],
      2,
    ],
    ['a depth that is larger than needed costs only delay', 2, [0, 3600, 7200, 10_800], [-7200, -3600, 0, 3600], 0],
    [
      'an unannounced B-frame gets the next tick, and is noted',
      0,
      [0, 10_800, 3600, 7200, 21_600],
      [0, 10_800, 10_801, 10_802, 21_600],
      1,
    ],
    ['a jump back of the camera clock is no reordering', 0, [9_000_000, 0, 3600], [9_000_000, 9_000_001, 9_000_002], 0],
  ];
  it.each(cases)('%s', (_, depth, presentation, decoding, observedDepth) => {
    expect(run(depth, presentation)).toEqual({ decoding, observedDepth });
  });

  // I P b b, a hole, I P b b: as after a loss, or from a camera that was silent for a while.
  it.each([36_000, 900_000])('begin anew with the key frame behind a hole of %i ticks', (hole) => {
    const group = [0, 10_800, 3600, 7200];
    const presentation = [...group, ...group.map((time) => time + hole)];
    const timeline = new DecodeTimeline(1);
    const decoding = presentation.map((time, i) => timeline.push(time, i % group.length === 0));
    expect(decoding.slice(4)).toEqual([hole - 3600, hole, hole + 3600, hole + 7200]);
    expect(presentation.map((time, i) => time - decoding[i]!)).toEqual([3600, 10_800, 0, 0, 3600, 10_800, 0, 0]);
  });

  it('go on over a key frame that comes in its time', () => {
    const presentation = [0, 10_800, 3600, 7200, 14_400, 25_200, 18_000, 21_600];
    const timeline = new DecodeTimeline(1);
    const decoding = presentation.map((time, i) => timeline.push(time, i % 4 === 0));
    expect(decoding).toEqual([-3600, 0, 3600, 7200, 10_800, 14_400, 18_000, 21_600]);
  });

  it('always increase, whatever the times', () => {
    fc.assert(
      fc.property(
        fc.nat(16),
        fc.array(fc.tuple(fc.integer({ min: -1e9, max: 1e12 }), fc.boolean())),
        (depth, pictures) => {
          const timeline = new DecodeTimeline(depth);
          const decoding = pictures.map(([time, isKey]) => timeline.push(time, isKey));
          for (let i = 1; i < decoding.length; i++) expect(decoding[i]!).toBeGreaterThan(decoding[i - 1]!);
        },
      ),
    );
  });

  it('never exceed the presentation time where the depth is as announced', () => {
    // Groups of up to four pictures whose last comes first: a depth of one explains them.
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 }), (groups) => {
        const presentation = [0];
        let shown = 1;
        for (const size of groups) {
          presentation.push((shown + size - 1) * 3600);
          for (let i = 0; i < size - 1; i++) presentation.push((shown + i) * 3600);
          shown += size;
        }
        const { decoding, observedDepth } = run(1, presentation);
        for (const [i, time] of decoding.entries()) expect(time).toBeLessThanOrEqual(presentation[i]!);
        expect(observedDepth).toBeLessThanOrEqual(1);
      }),
    );
  });
});
