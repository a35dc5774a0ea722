import { describe, expect, it } from 'vitest';
import {
  nextTarget,
  type PacingAction,
  type PacingInput,
  pace,
  TARGET_MAX_S,
  TARGET_S,
} from '../../../../src/servers/admin/page/live/pacing.ts';

const targetS = TARGET_S.pictureOnly;
const one = (currentS: number, endS: number, startS = 0): PacingInput => ({
  currentS,
  ranges: [{ startS, endS }],
  targetS,
});

describe('pace of a live picture', () => {
  const cases: [string, PacingInput, PacingAction][] = [
    ['nothing has come yet', { currentS: 0, ranges: [], targetS }, { kind: 'wait' }],
    ['as much ahead as wanted: normal speed', one(10, 10.15), { kind: 'rate', rate: 1 }],
    ['little ahead: a little slower, before it stops', one(10, 10.05), { kind: 'rate', rate: 0.96 }],
    ['somewhat late: a little faster', one(10, 10.3), { kind: 'rate', rate: 1.08 }],
    ['rather late: faster', one(10, 11), { kind: 'rate', rate: 1.25 }],
    ['too late to catch up: jump', one(10, 12), { kind: 'jump', toS: 12 - targetS }],
    ['the first group of pictures came at once: begin near its end', one(0, 2), { kind: 'jump', toS: 2 - targetS }],
    ['media times that do not start at 0', one(0, 5002, 5000), { kind: 'jump', toS: 5002 - targetS }],
    ['everything is played: wait for the next frame', one(10, 10), { kind: 'wait' }],
    ['times began anew: go back to them', one(500, 3), { kind: 'jump', toS: 3 - targetS }],
  ];
  it.each(cases)('%s', (_, input, action) => expect(pace(input)).toEqual(action));

  it('a hole that nothing will fill is jumped over, only once the picture has come to it', () => {
    const ranges = [
      { startS: 0, endS: 10 },
      { startS: 10.4, endS: 10.6 },
    ];
    expect(pace({ currentS: 9.5, ranges, targetS }).kind).toBe('rate');
    expect(pace({ currentS: 9.98, ranges, targetS })).toEqual({ kind: 'jump', toS: 10.401 });
  });
});

describe('how much lies ahead', () => {
  it('grows with each pause up to a limit, and shrinks slowly to where it began', () => {
    let target = targetS;
    for (let pauses = 0; pauses < 20; pauses++) target = nextTarget(target, true, targetS);
    expect(target).toBe(TARGET_MAX_S);
    for (let steps = 0; steps < 10; steps++) target = nextTarget(target, false, targetS);
    expect(target).toBeGreaterThan(TARGET_MAX_S * 0.98);
    for (let steps = 0; steps < 5_000; steps++) target = nextTarget(target, false, targetS);
    expect(target).toBe(targetS);
  });
});
