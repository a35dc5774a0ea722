import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import type { VideoFormat } from '../../../src/media/access-unit.ts';
import { type CutAction, SegmentCutter } from '../../../src/recorder/segment-cutter.ts';
import { CameraTimeline } from '../../../src/recorder/time/camera-timeline.ts';
import { FormatBrake } from '../../../src/recorder/time/format-brake.ts';
import type { TimedUnit } from '../../../src/recorder/time/timed-unit.ts';
import { WallOffset } from '../../../src/recorder/time/wall-offset.ts';
import { SOUND, START_UTC_MS, VIDEO } from '../support.ts';
import { unitOf } from './timeline-harness.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SMALL: VideoFormat = { ...VIDEO, width: 320, height: 180, sps: [Buffer.from('6742c00d', 'hex')] };

/** When changes that come at these seconds take effect. */
function effective(seconds: readonly number[]): number[] {
  const brake = new FormatBrake();
  return seconds.filter((second) => brake.lets(second * SECOND));
}

describe('changes of format take effect', () => {
  const everySecond = Array.from({ length: 100 }, (_, second) => second);
  const cases: [string, number[], number[]][] = [
    ['at once, for day and night', [0, 43_200, 86_400], [0, 43_200, 86_400]],
    ['at once, for somebody who sets the camera up', [0, 5, 5.1, 20, 31, 40], [0, 5, 5.1, 20, 31, 40]],
    ['six times, then after 10 s', [0, 1, 2, 3, 4, 5, 6, 14.9, 15, 16], [0, 1, 2, 3, 4, 5, 15]],
    [
      'every 10 s, for a camera that changes each second',
      everySecond,
      [0, 1, 2, 3, 4, 5, 15, 25, 35, 45, 55, 65, 75, 85, 95],
    ],
    ['at once again, after a minute without', [0, 1, 2, 3, 4, 5, 6, 65, 66, 67], [0, 1, 2, 3, 4, 5, 65, 66, 67]],
  ];
  it.each(cases)('%s', (_, seconds, expected) => expect(effective(seconds)).toEqual(expected));

  it('never more than twelve times within a minute', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 12, noNaN: true }), { maxLength: 300 }), (pauses) => {
        let second = 0;
        const taken = effective(pauses.map((pause) => (second += pause)));
        for (const from of taken) {
          expect(taken.filter((at) => at >= from && at - from < 60).length).toBeLessThanOrEqual(12);
        }
      }),
    );
  });
});

describe('what is left out', () => {
  it('is counted and explained once, with the changes of the last minute', () => {
    const brake = new FormatBrake();
    for (let second = 0; second < 100; second++) {
      brake.noteChange(second * SECOND);
      if (second >= 98) brake.leaveOut(second * SECOND);
    }
    expect(brake.leftOutMs(100 * SECOND)).toBe(2 * SECOND);
    expect(brake.takeHole(100 * SECOND)).toEqual({
      cause: 'stream-error',
      detail:
        "the camera changed its picture format 59 times in the last minute; 2 pictures in another format than the recording's were left out",
    });
    expect(brake.takeHole(100 * SECOND)).toBeUndefined();
    expect([brake.leftOut, brake.leftOutMs(101 * SECOND)]).toEqual([2, 0]);
  });

  it('is not counted beyond a hundred changes', () => {
    const brake = new FormatBrake();
    for (let i = 0; i < 5_000; i++) brake.noteChange(i * 10);
    brake.leaveOut(50 * SECOND);
    expect(brake.takeHole(50 * SECOND)?.detail).toContain('100 times or more');
  });
});

/** A camera that sends nothing but key frames, in the format of each picture's time; what becomes of them. */
function record(
  durationMs: number,
  fps: number,
  formatAt: (index: number) => { video: VideoFormat; audio?: typeof SOUND },
) {
  const cutter = new SegmentCutter(() => ({ segmentMs: 10 * MINUTE, fragmentMs: 500 }));
  const timed: TimedUnit[] = [];
  const actions: CutAction[] = [];
  const timeline = new CameraTimeline({
    wallOffset: new WallOffset(new ManualClock(START_UTC_MS)),
    onTimed: (one) => {
      timed.push(one);
      actions.push(...cutter.push(one));
    },
  });
  const pictures = Math.floor((durationMs * fps) / 1000);
  for (let index = 0; index < pictures; index++) {
    const atMs = (index * 1000) / fps;
    timeline.setFormats(formatAt(index));
    const frame = { index, takenMs: atMs, rtpTime: atMs * 90, arrivalMs: atMs };
    timeline.push(unitOf('video', frame, true), undefined);
  }
  timeline.endSession();
  actions.push(...cutter.close());
  const opens = actions.filter((action) => action.kind === 'open');
  return { pictures, timed, timeline, files: opens.length };
}

describe('a camera', () => {
  it.each([25, 100])('whose every picture of %i a second changes its format makes 18 files in two minutes', (fps) => {
    const { pictures, timed, timeline, files } = record(2 * MINUTE, fps, (i) => ({
      video: i % 2 === 0 ? VIDEO : SMALL,
    }));
    expect(files).toBe(18);
    expect(timed.length + timeline.leftOut).toBe(pictures);
    // Those in the recording's format are kept: every other one.
    expect(timed.length / pictures).toBeCloseTo(0.5, 1);
    const explained = timed.filter(({ hole }) => hole !== undefined);
    expect(explained.length).toBeGreaterThan(pictures / 3);
    expect(new Set(explained.map(({ hole }) => hole!.cause))).toEqual(new Set(['stream-error']));
  });

  it('whose every picture has new parameters: each that is recorded is in the format of its file', () => {
    let serial = 0;
    const given: VideoFormat[] = [];
    const { timed, files, pictures, timeline } = record(MINUTE, 25, () => {
      serial++;
      const video = { ...VIDEO, pps: [Buffer.from([0x68, serial >> 8, serial & 255])] };
      given.push(video);
      return { video };
    });
    expect(files).toBe(12);
    for (const { unit, stretch } of timed) expect(stretch.video).toBe(given[Math.round(unit.arrivalMonotonicMs / 40)]);
    expect([timed.length, timeline.leftOut]).toEqual([12, pictures - 12]);
    expect(timed.at(-1)!.hole?.detail).toMatch(/100 times or more in the last minute; 249 pictures/);
  });

  it('whose sound alone changes all the time loses no picture', () => {
    const { timed, files, pictures } = record(MINUTE, 25, (i) => ({
      video: VIDEO,
      audio: { ...SOUND, clockRate: i % 2 === 0 ? 8_000 : 16_000 },
    }));
    expect(files).toBe(12);
    expect(timed).toHaveLength(pictures);
  });

  it('that switches to its night picture and back loses nothing', () => {
    const { timed, timeline, files, pictures } = record(3 * MINUTE, 25, (i) => ({
      video: i >= 1_500 && i < 3_000 ? SMALL : VIDEO,
    }));
    expect([files, timed.length, timeline.leftOut]).toEqual([3, pictures, 0]);
    expect(timed.every(({ hole }) => hole === undefined)).toBe(true);
  });

  it('goes on in the new format, a moment later, when it settles on it', () => {
    const { timed } = record(2 * MINUTE, 25, (i) => ({ video: i < 1_000 && i % 2 === 0 ? VIDEO : SMALL }));
    const last = timed.filter(({ stretch }) => stretch.video !== SMALL).at(-1)!;
    expect(last.unit.arrivalMonotonicMs).toBeLessThan(50 * SECOND);
    expect(timed.at(-1)!.stretch.video).toBe(SMALL);
    const settled = timed.filter(({ unit }) => unit.arrivalMonotonicMs >= 50 * SECOND);
    expect(settled).toHaveLength(70 * 25);
  });
});
