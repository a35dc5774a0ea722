import { describe, expect, it } from 'vitest';
import type { Log } from '../../../src/base/log.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { Loss } from '../../../src/recorder/report/loss-totals.ts';
import { StreamDiary } from '../../../src/recorder/report/stream-diary.ts';
import type { ClockFigures } from '../../../src/recorder/time/camera-timeline.ts';

const CLOCK: ClockFigures = {
  offsetMs: undefined,
  driftPpm: undefined,
  timestampJumps: 0,
  lastJumpMs: 0,
  wallSteps: 0,
  largestWallStepMs: 0,
  isByArrival: false,
  ratio: 1,
};
const LOSS: Loss = {
  packetsReceived: 0,
  packetsLost: 0,
  packetsLate: 0,
  framesDropped: { incomplete: 0, undecodable: 0, malformed: 0 },
};

function diary() {
  const lines: string[] = [];
  const say = (fields: object, text: string) => lines.push(`${text} ${JSON.stringify(fields)}`);
  const log = { ...silentLog, warn: say, info: say } as unknown as Log;
  return { lines, diary: new StreamDiary(log) };
}

describe('the diary of a stream', () => {
  it('has nothing to say of a good one', () => {
    const { lines, diary: target } = diary();
    for (let ms = 0; ms < 600_000; ms += 5_000) target.note(ms, CLOCK, LOSS);
    expect(lines).toEqual([]);
  });

  it.each([
    [
      'a jump of the timestamps',
      { timestampJumps: 3, lastJumpMs: -500 },
      'jumped; its footage goes on {"jumps":3,"lastJumpMs":-500}',
    ],
    ['a camera clock that was set', { wallSteps: 1, largestWallStepMs: 30_000 }, '{"steps":1,"largestStepMs":30000}'],
    ['a wrong frame rate', { ratio: 1.25 }, '{"share":0.8}'],
    ['timestamps that cannot be used', { isByArrival: true }, 'arrival counts instead'],
  ])('tells %s', (_, change, expected) => {
    const { lines, diary: target } = diary();
    target.note(0, { ...CLOCK, ...change }, LOSS);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(expected);
  });

  it('tells losses once a minute, with what came together since the last line', () => {
    const { lines, diary: target } = diary();
    for (let ms = 0; ms <= 180_000; ms += 5_000) {
      target.note(ms, CLOCK, {
        ...LOSS,
        packetsLost: ms / 1_000,
        framesDropped: { incomplete: 1, undecodable: 0, malformed: 0 },
      });
    }
    expect(lines).toHaveLength(4);
    expect(lines[0]).toContain('"packetsLost":0,"picturesLost":1');
    expect(lines[1]).toContain('"packetsLost":60,"picturesLost":0');
  });
});
