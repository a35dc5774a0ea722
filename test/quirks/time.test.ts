import { describe, expect, it } from 'vitest';
import type { TimedUnit } from '../../src/recorder/time/timed-unit.ts';
import { type SimulatedTrackOptions, simulateTrack } from '../recorder/time/simulated-track.ts';
import { CameraInTime } from './support/camera-in-time.ts';
import { HIGH_SPS } from './support/nals.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
/** The network of these cameras. */
const LATENCY_MS = 20;

function record(durationMs: number, options: SimulatedTrackOptions): CameraInTime {
  const camera = new CameraInTime(NOON);
  camera.sendAll(simulateTrack(durationMs, { latencyMs: LATENCY_MS, ...options }));
  return camera;
}

/** By how much wall time and arrival differ at most, but for the first second. */
function worstMs(units: readonly TimedUnit[]): number {
  const differences = units
    .slice(25)
    .map(({ wallUtcMs, unit }) => Math.abs(wallUtcMs - NOON - unit.arrivalMonotonicMs));
  return differences.reduce((worst, one) => Math.max(worst, one), 0);
}

const steps = (values: readonly number[]) => values.slice(1).map((value, i) => value - values[i]!);

describe('timestamps', () => {
  it.each([
    ['quirk 43: a camera jumps forward by an hour', HOUR],
    ['quirk 43: a camera jumps back by an hour', -HOUR],
    ['quirk 43: a camera jumps forward by more than ten seconds', 11 * SECOND],
  ])('%s: the recording goes on in the time that passed', (_, byMs) => {
    const { timed, timeline } = record(MINUTE, { jumps: [{ atMs: 30 * SECOND, byMs }] });
    expect(timed).toHaveLength(25 * 60);
    expect(worstMs(timed)).toBeLessThan(100);
    expect(Math.min(...steps(timed.map(({ ticks }) => ticks)))).toBeGreaterThan(0);
    expect(timeline.figures.timestampJumps).toBe(1);
  });

  it('quirk 43: a camera that pauses for eight seconds has not jumped', () => {
    const { timed, timeline } = record(MINUTE, {
      pauses: [{ fromMs: 30 * SECOND, toMs: 38 * SECOND, isHidden: false }],
    });
    expect(Math.max(...steps(timed.map(({ wallUtcMs }) => wallUtcMs)))).toBeCloseTo(8 * SECOND + 40, 3);
    expect(timeline.figures.timestampJumps).toBe(0);
  });

  it('quirk 43: timestamps wrap, as they do every 13 hours', () => {
    const { timed, timeline } = record(10 * SECOND, { startRtp: 2 ** 32 - 5 * 90_000 });
    expect(new Set(steps(timed.map(({ ticks }) => ticks)))).toEqual(new Set([3600]));
    expect(timeline.figures.timestampJumps).toBe(0);
  });

  it('quirk 43: two pictures bear the same timestamp: they are decoded one after the other', () => {
    const camera = new CameraInTime(NOON);
    for (let i = 0; i < 50; i++) camera.send({ index: i, rtpTime: (i >> 1) * 7200, arrivalMs: i * 40 });
    expect(camera.timed).toHaveLength(50);
    expect(Math.min(...steps(camera.timed.map(({ dtsTicks }) => dtsTicks)))).toBeGreaterThan(0);
  });

  it('quirk 43: B-frames are sent behind the picture that is shown after them', () => {
    const camera = new CameraInTime(NOON, HIGH_SPS);
    const shownAs = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 15, 13, 14];
    for (const [i, place] of shownAs.entries()) camera.send({ index: i, rtpTime: place * 3600, arrivalMs: i * 40 });
    camera.timeline.endSession();
    expect(camera.timed.map(({ ticks }) => ticks / 3600)).toEqual(shownAs);
    expect(Math.min(...steps(camera.timed.map(({ dtsTicks }) => dtsTicks)))).toBeGreaterThan(0);
    for (const { ticks, dtsTicks } of camera.timed) expect(dtsTicks).toBeLessThanOrEqual(ticks);
  });
});

describe('clocks', () => {
  it("quirk 44: a camera's clock steps by half a minute (SNTP): it is counted, and moves no picture", () => {
    const camera = new CameraInTime(NOON);
    for (const frame of simulateTrack(MINUTE, { latencyMs: LATENCY_MS, startRtp: 0 })) {
      camera.send(frame);
      const offMs = frame.takenMs < 30 * SECOND ? 0 : -30 * SECOND;
      if (frame.index % 125 === 0) camera.report(NOON + frame.takenMs + offMs, frame.rtpTime, frame.arrivalMs);
    }
    expect(worstMs(camera.timed)).toBeLessThan(1);
    expect(camera.timeline.figures).toMatchObject({ wallSteps: 1, largestWallStepMs: -30 * SECOND, timestampJumps: 0 });
    expect(camera.timeline.figures.offsetMs).toBeCloseTo(-30 * SECOND - LATENCY_MS, 0);
  });

  it('quirk 44: a camera never reports its clock: arrival is enough, smoothed', () => {
    const { timed, timeline } = record(10 * MINUTE, { jitterMs: 60 });
    expect(worstMs(timed)).toBeLessThan(100);
    const unevenMs = steps(timed.map(({ wallUtcMs }) => wallUtcMs)).map((ms) => Math.abs(ms - 40));
    expect(Math.max(...unevenMs)).toBeLessThan(5);
    expect(timeline.figures.offsetMs).toBeUndefined();
  });

  it('quirk 44: a camera clock runs 20 ppm fast: after two hours the time is still right', () => {
    const { timed, timeline } = record(2 * HOUR, { driftPpm: 20 });
    expect(worstMs(timed)).toBeLessThan(100);
    expect(timeline.figures.driftPpm).toBeCloseTo(20, 0);
  });

  it('quirk 44: a camera declares 25 frames per second and delivers 20: an hour of it lasts an hour', () => {
    const { timed } = record(HOUR, { fps: 20, declaredFps: 25 });
    expect(timed.at(-1)!.wallUtcMs - timed[0]!.wallUtcMs).toBeGreaterThan(HOUR - 250);
    expect(Math.abs(timed.at(-1)!.wallUtcMs - NOON - HOUR)).toBeLessThan(250);
  });

  it('quirk 44: the recorder itself learns the time after its first segments: the next key frame begins a new one', () => {
    const camera = new CameraInTime(NOON);
    for (const frame of simulateTrack(MINUTE, { latencyMs: 0 })) {
      if (frame.index === 30 * 25 + 10) camera.clock.stepWall(7 * HOUR);
      if (camera.wallOffset.check() !== 0) camera.timeline.beginStretch();
      camera.send(frame);
    }
    const turn = camera.timed.findIndex(({ stretch }) => stretch !== camera.timed[0]!.stretch);
    expect(camera.timed[turn]!.unit).toMatchObject({ isKey: true });
    expect(camera.timed[turn]!.wallUtcMs - camera.timed[turn - 1]!.wallUtcMs).toBeCloseTo(7 * HOUR + 40, 3);
    expect(camera.timed[turn]!.hole).toMatchObject({ cause: 'clock' });
    expect(new Set(camera.timed.map(({ stretch }) => stretch)).size).toBe(2);
  });
});
