import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrackClock } from '../../../src/recorder/time/track-clock.ts';
import { type SimulatedFrame, type SimulatedTrackOptions, simulateTrack } from './simulated-track.ts';

const BASE_UTC_MS = Date.UTC(2026, 2, 1, 12);
const RATE = 90_000;
const MINUTE = 60_000;

interface Placed extends SimulatedFrame {
  readonly ticks: number;
  /** Of the time that the frame was given, on the scale of `takenMs`. */
  readonly placedMs: number;
}

/** As the timeline does it: of the first half second, the least delayed frame counts. */
function place(frames: Iterable<SimulatedFrame>, clock = new TrackClock({ clockRate: RATE })): Placed[] {
  const all = [...frames];
  const firstMs = all[0]?.arrivalMs ?? 0;
  for (const { rtpTime, arrivalMs } of all) {
    if (arrivalMs - firstMs > 500) break;
    clock.prime(rtpTime, BASE_UTC_MS + arrivalMs);
  }
  return all.map((frame) => {
    const ticks = clock.place(frame.rtpTime, BASE_UTC_MS + frame.arrivalMs);
    return { ...frame, ticks, placedMs: clock.wallUtcMs(ticks) - BASE_UTC_MS };
  });
}

/** Largest distance from the true time plus the network's least delay, from `fromMs` on. */
function worstError(placed: readonly Placed[], fromMs = 0, latencyMs = 20): number {
  return placed.reduce(
    (worst, { takenMs, placedMs }) =>
      takenMs < fromMs ? worst : Math.max(worst, Math.abs(placedMs - takenMs - latencyMs)),
    0,
  );
}

function expectAscending(placed: readonly Placed[]): void {
  for (let i = 1; i < placed.length; i++) expect(placed[i]!.ticks).toBeGreaterThan(placed[i - 1]!.ticks);
}

describe('the time of a steady camera', () => {
  it('keeps the distances that the camera gave, to the tick', () => {
    const placed = place(simulateTrack(10 * MINUTE, { jitterMs: 8 }));
    for (let i = 1; i < placed.length; i++) expect(placed[i]!.ticks - placed[i - 1]!.ticks).toBe(3_600);
  });

  const steady: [string, SimulatedTrackOptions][] = [
    ['jitter of 60 ms does not move it', { jitterMs: 60 }],
    ['a clock that is 100 ppm fast', { driftPpm: 100, jitterMs: 30 }],
    ['a clock that is 100 ppm slow', { driftPpm: -100, jitterMs: 30 }],
    ['a clock that is 1,000 ppm slow, as 29.97 for 30 frames a second', { driftPpm: -1_000, jitterMs: 30 }],
    ['one frame a second', { fps: 1, driftPpm: 100, jitterMs: 60 }],
    ['timestamps that wrap, as the receiver has unwrapped them', { startRtp: 2 ** 32 - 45_000 }],
    ['sound: 50 packets a second', { fps: 50, driftPpm: 50, jitterMs: 30 }],
  ];
  it.each(steady)('%s: within 50 ms of arrival for an hour', (_, options) => {
    const placed = place(simulateTrack(60 * MINUTE, options));
    expect(worstError(placed)).toBeLessThan(50);
    expectAscending(placed);
  });

  it('places a second of buffered frames, sent at once at the start, before their arrival', () => {
    const placed = place(simulateTrack(MINUTE, { stalls: [{ fromMs: 0, toMs: 1_000 }] }));
    expect(worstError(placed)).toBeLessThan(1);
  });

  it('takes what a network held for the time at which it was taken', () => {
    const placed = place(simulateTrack(2 * MINUTE, { stalls: [{ fromMs: 30_000, toMs: 35_000 }] }));
    expect(worstError(placed)).toBeLessThan(1);
  });

  it('is not misled when what was held drains slowly', () => {
    const drain = { stalls: [{ fromMs: 30_000, toMs: 35_000 }], narrow: [{ fromMs: 30_000, toMs: 80_000, pace: 1.2 }] };
    expect(worstError(place(simulateTrack(3 * MINUTE, { jitterMs: 10, ...drain })))).toBeLessThan(80);
  });
});

describe('a wrong frame rate', () => {
  it.each([
    [25, 13],
    [25, 20],
    [25, 24],
    [30, 29],
    [25, 26],
    [25, 30],
    [25, 37],
  ])('declared %i, delivered %i: the file is as long as the time that passed', (declaredFps, fps) => {
    const placed = place(simulateTrack(30 * MINUTE, { declaredFps, fps, jitterMs: 20 }));
    expect(worstError(placed, MINUTE)).toBeLessThan(50);
    const [first, last] = [placed[0]!, placed.at(-1)!];
    expect(Math.abs((last.ticks - first.ticks) / 90 - (last.takenMs - first.takenMs))).toBeLessThan(250);
    expectAscending(placed);
  });

  it('that comes in the middle (a night mode) and goes again is followed both times', () => {
    const day = [...simulateTrack(5 * MINUTE, { jitterMs: 20 })];
    const then = (before: SimulatedFrame[], options: SimulatedTrackOptions) => {
      const { takenMs, rtpTime } = before.at(-1)!;
      return simulateTrack(5 * MINUTE, {
        declaredFps: 25,
        jitterMs: 20,
        startMs: takenMs + 40,
        startRtp: rtpTime + 3_600,
        ...options,
      });
    };
    const night = [...day, ...then(day, { fps: 12.5 })];
    const placed = place([...night, ...then(night, { fps: 25 })]);
    expect(worstError(placed.filter(({ takenMs }) => takenMs > 6 * MINUTE && takenMs < 10 * MINUTE))).toBeLessThan(50);
    expect(worstError(placed, 11 * MINUTE)).toBeLessThan(50);
    expectAscending(placed);
  });

  it('is not read into a network that is too narrow for a while, for longer than that lasts', () => {
    const placed = place(
      simulateTrack(5 * MINUTE, { jitterMs: 10, narrow: [{ fromMs: 60_000, toMs: 80_000, pace: 0.8 }] }),
    );
    expect(worstError(placed)).toBeLessThan(4_500);
    expect(worstError(placed, 100_000)).toBeLessThan(100);
  });
});

describe('jumps of the camera clock', () => {
  const jump = (byMs: number) => {
    const clock = new TrackClock({ clockRate: RATE });
    const placed = place(simulateTrack(3 * MINUTE, { jitterMs: 10, jumps: [{ atMs: MINUTE, byMs }] }), clock);
    return { clock, placed };
  };

  it.each([
    ['3 s forward: arrival does not bear it out', 3_000],
    ['half a second forward', 500],
    ['years forward', 1e11],
    ['half a second back', -500],
    ['3 s back', -3_000],
    ['back to about zero', -60_000],
  ])('%s', (_, byMs) => {
    const { clock, placed } = jump(byMs);
    expect(clock.jumps.count).toBe(1);
    expect(Math.abs(clock.jumps.lastMs - byMs)).toBeLessThan(60);
    expect(worstError(placed)).toBeLessThan(60);
    expectAscending(placed);
  });

  it('too small to be told from a lucky packet is absorbed', () => {
    const { clock, placed } = jump(150);
    expect(clock.jumps.count).toBe(0);
    expect(worstError(placed)).toBeLessThan(151);
    expect(worstError(placed, MINUTE + 10_000)).toBeLessThan(50);
    expectAscending(placed);
  });

  it('a step forward that arrival bears out is a true pause', () => {
    const pauses = [{ fromMs: MINUTE, toMs: 2 * MINUTE, isHidden: false }];
    const clock = new TrackClock({ clockRate: RATE });
    expect(worstError(place(simulateTrack(5 * MINUTE, { pauses }), clock))).toBeLessThan(1);
    expect(clock.jumps.count).toBe(0);
  });

  it('a clock that stood still with its camera is found out, and what stood still is time that passed', () => {
    const pauses = [{ fromMs: MINUTE, toMs: MINUTE + 3_000, isHidden: true }];
    const clock = new TrackClock({ clockRate: RATE });
    const placed = place(simulateTrack(5 * MINUTE, { pauses, jitterMs: 10 }), clock);
    expect(clock.jumps.count).toBe(1);
    expect(worstError(placed, MINUTE + 12_000)).toBeLessThan(50);
    expectAscending(placed);
  });

  it('timestamps that never advance (some cameras send 0) leave arrival alone', () => {
    const clock = new TrackClock({ clockRate: RATE });
    const frames = [...simulateTrack(MINUTE, { jitterMs: 10 })].map((frame) => ({ ...frame, rtpTime: 0 }));
    const placed = place(frames, clock);
    expect(clock.isByArrival).toBe(true);
    expect(worstError(placed, 1_000)).toBeLessThan(50);
    expectAscending(placed.slice(25));
  });

  it('a clock that works again is used again', () => {
    const clock = new TrackClock({ clockRate: RATE });
    const frames = [...simulateTrack(2 * MINUTE, { jitterMs: 10 })];
    const placed = place(
      frames.map((frame) => (frame.takenMs < MINUTE ? { ...frame, rtpTime: 0 } : frame)),
      clock,
    );
    expect(clock.isByArrival).toBe(false);
    expect(worstError(placed, 1_000)).toBeLessThan(60);
    const late = placed.filter(({ takenMs }) => takenMs > 90_000);
    const odd = late.slice(1).filter((frame, i) => frame.ticks - late[i]!.ticks !== 3_600);
    expect(odd.length).toBeLessThan(late.length / 50);
  });

  it('timestamps at random leave arrival alone', () => {
    const clock = new TrackClock({ clockRate: RATE });
    const frames = [...simulateTrack(MINUTE)].map((frame, i) => ({ ...frame, rtpTime: (i * 7_919_000_007) % 2 ** 32 }));
    expect(worstError(place(frames, clock), 1_000)).toBeLessThan(60);
    expect(clock.isByArrival).toBe(true);
  });
});

describe('pictures that are shown before one that was sent before them', () => {
  const ORDER = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8];

  it('keep their place', () => {
    const clock = new TrackClock({ clockRate: RATE });
    const ticks = ORDER.map((shown, i) => clock.place(500_000 + shown * 3_600, BASE_UTC_MS + i * 40 + 120));
    expect(ticks).toEqual(ORDER.map((shown) => shown * 3_600));
    expect(clock.jumps.count).toBe(0);
  });

  it('may come right after the first key frame, too', () => {
    const clock = new TrackClock({ clockRate: RATE });
    expect([2, 0, 1, 5].map((shown, i) => clock.place(500_000 + shown * 3_600, BASE_UTC_MS + i * 40))).toEqual([
      0, -7_200, -3_600, 10_800,
    ]);
  });

  it.each([100, 101, 102, 103])(
    'timestamps that stand still at such a picture (frame %i) leave arrival alone',
    (stillAt) => {
      const clock = new TrackClock({ clockRate: RATE });
      const group = [0, 3, 1, 2];
      const rtpOf = (i: number) => (i - (i % 4) + group[i % 4]!) * 3_600;
      let worstMs = 0;
      for (let i = 0; i < 200; i++) {
        const arrivalUtcMs = BASE_UTC_MS + i * 40;
        const ticks = clock.place(rtpOf(Math.min(i, stillAt)), arrivalUtcMs);
        if (i > stillAt + 25) worstMs = Math.max(worstMs, Math.abs(clock.wallUtcMs(ticks) - arrivalUtcMs));
      }
      expect(clock.isByArrival).toBe(true);
      expect(worstMs).toBeLessThan(200);
    },
  );

  it('a step back of less than a second is no such picture', () => {
    const clock = new TrackClock({ clockRate: RATE });
    for (let i = 0; i < 50; i++) clock.place(i * 3_600, BASE_UTC_MS + i * 40);
    const after = clock.place(50 * 3_600 - 45_000, BASE_UTC_MS + 50 * 40);
    expect(after).toBe(50 * 3_600);
    expect(clock.jumps.count).toBe(1);
  });
});

it('equal timestamps are equal times', () => {
  const clock = new TrackClock({ clockRate: RATE });
  expect([0, 3_600, 3_600, 7_200].map((rtp, i) => clock.place(rtp, BASE_UTC_MS + i * 20))).toEqual([
    0, 3_600, 3_600, 7_200,
  ]);
});

it('whatever a camera does, time never goes back, and nothing is placed long before it came', () => {
  const event = fc.record({ rtpStep: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), waitMs: fc.nat({ max: 20_000 }) });
  const steadyEvent = fc.constant({ rtpStep: 3_600, waitMs: 40 });
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 20, arbitrary: steadyEvent }, { weight: 1, arbitrary: event }), { maxLength: 400 }),
      (events) => {
        const clock = new TrackClock({ clockRate: RATE });
        let [rtp, nowMs, highest] = [0, 0, Number.NEGATIVE_INFINITY];
        for (const { rtpStep, waitMs } of events) {
          rtp += rtpStep;
          nowMs += waitMs;
          const ticks = clock.place(rtp, BASE_UTC_MS + nowMs);
          expect(Number.isInteger(ticks)).toBe(true);
          // A picture may be shown before the newest, by the reordering of 16 pictures and by no more.
          expect(ticks).toBeGreaterThan(highest - 90 * 1_100);
          expect(clock.wallUtcMs(ticks) - BASE_UTC_MS - nowMs).toBeLessThan(20_100);
          highest = Math.max(highest, ticks);
        }
      },
    ),
  );
});
