import { describe, expect, it } from 'vitest';
import { KeyIntervals } from '../../../src/recorder/report/key-intervals.ts';
import { SecondRing } from '../../../src/recorder/report/second-ring.ts';
import { StreamMeter } from '../../../src/recorder/report/stream-meter.ts';
import { VIDEO } from '../support.ts';
import { type SimulatedTrackOptions, simulateTrack } from '../time/simulated-track.ts';
import { TimelineHarness, unitOf } from '../time/timeline-harness.ts';

const T = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;

/** A session through timeline and meter, as in a channel; each picture of `bytes`. */
function measure(options: SimulatedTrackOptions, { gop = 50, bytes = 10_000, durationMs = 3 * MINUTE } = {}) {
  const harness = new TimelineHarness(T);
  const meter = new StreamMeter(0);
  meter.noteFormat(VIDEO);
  for (const frame of simulateTrack(durationMs, options)) {
    const unit = { ...unitOf('video', frame, frame.index % gop === 0), data: Buffer.alloc(bytes) };
    meter.noteUnit(unit);
    harness.timeline.push(unit, undefined);
  }
  for (const timed of harness.timed) meter.noteTimed(timed);
  return meter.read(durationMs);
}

describe('what a stream is measured to be', () => {
  it('of a steady camera', () => {
    const figures = measure({ fps: 25, jitterMs: 20 });
    expect(figures.framesPerSecond).toBeCloseTo(25, 1);
    expect(figures.framesPerSecondOfCamera).toBeCloseTo(25, 2);
    expect(figures.keyIntervalMs).toBeCloseTo(2_000, -2);
    expect(figures.meanMbps).toBeCloseTo(2, 2);
    expect(figures.peakMbps).toBeCloseTo(2, 1);
    expect(figures).toMatchObject({ hasBFrames: false, formatChanges: 0, audioUnits: 0, measuredMs: 3 * MINUTE });
  });

  it('of one that says 25 pictures a second and delivers 20', () => {
    const figures = measure({ declaredFps: 25, fps: 20 });
    expect(figures.framesPerSecond).toBeCloseTo(20, 1);
    expect(figures.framesPerSecondOfCamera).toBeCloseTo(25, 2);
  });

  it('of a smart codec: a key frame every 12 s, and not a single one lately', () => {
    const figures = measure({ fps: 25 }, { gop: 300 });
    expect(figures.keyIntervalMs).toBeCloseTo(12_000, -1);
    expect(figures.longestKeyIntervalMs).toBeCloseTo(12_000, -1);
    const stopped = measure({ fps: 25 }, { gop: 10_000, durationMs: 100_000 });
    expect(stopped.keyIntervalMs).toBeUndefined();
    expect(stopped.longestKeyIntervalMs).toBeUndefined();
  });

  it('makes no peak of what a network held and let go at once', () => {
    const figures = measure({ stalls: [{ fromMs: 60_000, toMs: 65_000 }] });
    expect(figures.peakMbps).toBeLessThan(2.2);
  });

  it('makes no frame rate of a jump of the camera clock', () => {
    const figures = measure({
      jumps: [
        { atMs: 150_000, byMs: 1e9 },
        { atMs: 160_000, byMs: -2e9 },
      ],
    });
    expect(figures.framesPerSecondOfCamera).toBeCloseTo(25, 0);
    expect(figures.hasBFrames).toBe(false);
  });

  it('of a camera with B-frames', () => {
    const harness = new TimelineHarness(T);
    const meter = new StreamMeter(0);
    meter.noteFormat(VIDEO);
    const ORDER = [0, 3, 1, 2];
    for (let i = 0; i < 400; i++) {
      const shown = i - (i % 4) + ORDER[i % 4]!;
      const frame = { index: i, takenMs: i * 40, rtpTime: shown * 3_600, arrivalMs: i * 40 };
      const unit = unitOf('video', frame, i === 0);
      meter.noteUnit(unit);
      harness.timeline.push(unit, undefined);
    }
    for (const timed of harness.timed) meter.noteTimed(timed);
    expect(meter.read(16_000)).toMatchObject({ hasBFrames: true });
    expect(meter.read(16_000).framesPerSecond).toBeCloseTo(25, 1);
    expect(meter.read(16_000).framesPerSecondOfCamera).toBeCloseTo(25, 0);
  });

  it('counts changes of the picture', () => {
    const meter = new StreamMeter(0);
    for (const width of [640, 640, 1_280, 640]) meter.noteFormat({ ...VIDEO, width });
    expect(meter.read(1_000).formatChanges).toBe(2);
  });

  it('of nothing is nothing', () => {
    expect(new StreamMeter(0).read(0)).toMatchObject({
      framesPerSecond: 0,
      framesPerSecondOfCamera: 0,
      meanMbps: 0,
      peakMbps: 0,
      keyIntervalMs: undefined,
    });
  });
});

describe('SecondRing', () => {
  it('gives full seconds only: neither the first, which was joined, nor the one that is under way', () => {
    const ring = new SecondRing();
    for (let ms = 500; ms < 3_700; ms += 100) ring.add(ms, 1);
    expect(ring.read(3_700)).toEqual({ sum: 20, seconds: 2, last: 10 });
    expect(ring.largest).toBe(10);
  });

  it('holds a minute, and takes time that goes back for the second that is under way', () => {
    const ring = new SecondRing();
    for (let second = 0; second < 200; second++) ring.add(second * 1_000, 1);
    ring.add(5_000, 1);
    expect(ring.read(200_000)).toEqual({ sum: 61, seconds: 60, last: 2 });
    expect(ring.read(1e12)).toEqual({ sum: 0, seconds: 60, last: 0 });
  });
});

describe('KeyIntervals', () => {
  it('means the last few, and never forgets the longest', () => {
    const keys = new KeyIntervals();
    let atMs = 0;
    for (const intervalMs of [0, 20_000, ...Array<number>(8).fill(1_000)]) {
      atMs += intervalMs;
      keys.note(atMs);
    }
    expect(keys.meanMs).toBe(1_000);
    expect(keys.longestMs(atMs)).toBe(20_000);
  });

  it('counts the interval that is under way', () => {
    const keys = new KeyIntervals();
    for (const atMs of [0, 1_000]) keys.note(atMs);
    expect(keys.longestMs(60_000)).toBe(59_000);
  });
});
