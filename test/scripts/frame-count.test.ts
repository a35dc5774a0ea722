import { describe, expect, it } from 'vitest';
import { compareFrames } from '../../scripts/lib/frame-count.ts';

const frames = (...ranges: [number, number][]) =>
  new Set(ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)));

describe('compareFrames', () => {
  it('finds nothing lost when all is there, also twice', () => {
    const result = compareFrames([{ ranges: [[0, 99]] }, { ranges: [[150, 199]] }], frames([0, 120], [100, 199]));
    expect(result).toMatchObject({ framesSent: 150, framesRecorded: 150, framesLost: 0, framesUnderWay: 0 });
  });

  it('names what is missing in the middle, at a beginning and at the end of a session that is not the last', () => {
    const result = compareFrames(
      [{ ranges: [[0, 99]] }, { ranges: [[150, 199]] }],
      frames([2, 49], [51, 90], [150, 199]),
    );
    expect(result.framesLost).toBe(12);
    expect(result.lostRanges).toEqual([
      [0, 1],
      [50, 50],
      [91, 99],
    ]);
  });

  it('allows for frames that were under way when the recorder stopped', () => {
    expect(compareFrames([{ ranges: [[0, 99]] }], frames([0, 94]))).toMatchObject({ framesLost: 0, framesUnderWay: 5 });
  });

  it('but not for more of them than a second has', () => {
    expect(compareFrames([{ ranges: [[0, 99]] }], frames([0, 50]))).toMatchObject({
      framesLost: 49,
      framesUnderWay: 0,
    });
  });

  it('counts a session of which nothing was recorded', () => {
    expect(compareFrames([{ ranges: [[0, 99]] }], new Set())).toMatchObject({ framesSent: 100, framesLost: 100 });
  });
});
