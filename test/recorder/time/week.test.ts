import { describe, expect, it } from 'vitest';
import { segmentPath } from '../../../src/archive/layout.ts';
import type { Clock } from '../../../src/base/clock.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/units.ts';
import type { FragmentInput } from '../../../src/media/fmp4/fragment.ts';
import { TimestampUnwrapper } from '../../../src/media/rtp/rtp.ts';
import { type CutAction, SegmentCutter } from '../../../src/recorder/segment-cutter.ts';
import { CameraTimeline } from '../../../src/recorder/time/camera-timeline.ts';
import { WallOffset } from '../../../src/recorder/time/wall-offset.ts';
import { IS_LONG } from '../../seeded.ts';
import { VIDEO } from '../support.ts';
import { type SimulatedTrackOptions, simulateTrack } from './simulated-track.ts';
import { unitOf } from './timeline-harness.ts';

/*
 * A week of each channel through the time module and the segment cutter: what camera clocks, networks and our own clock do, with the bounds
 * that ARCHITECTURE.md promises. Begins before the night in which Berlin's clocks go forward.
 */
const START_UTC_MS = Date.UTC(2026, 2, 26, 20);
const WEEK_MS = 7 * DAY_MS;

/** Frames are placed within this of their arrival, less the network's least delay, while nothing happens. */
const MAX_ERROR_MS = 100;
/** One segment ends where the next begins. */
const MAX_SEAM_MS = 1;
/** Media time of a file against the wall time that it covers. */
const MAX_DURATION_ERROR_MS = 1;

interface Scenario {
  readonly name: string;
  readonly track: SimulatedTrackOptions;
  /** How long frames may lie further from their arrival after something happened. */
  readonly settleMs: number;
  /** Our own clock: below half a second it is slewed, from there on it is a step. */
  readonly corrections?: readonly { readonly atMs: number; readonly byMs: number }[];
}

const each = <T>(days: number, make: (dayMs: number) => T): T[] =>
  Array.from({ length: days }, (_, day) => make(day * DAY_MS + 6 * HOUR_MS));

const SHORT: Scenario[] = [
  {
    name: 'a clock that is 100 ppm fast, jitter of 50 ms, NTP that slews and steps ours',
    track: { fps: 2, driftPpm: 100, jitterMs: 50, startRtp: 4_294_000_000 },
    settleMs: 2 * MINUTE_MS,
    corrections: [
      { atMs: DAY_MS, byMs: 400 },
      { atMs: 2 * DAY_MS, byMs: 2_500 },
      { atMs: 3 * DAY_MS, byMs: -300 },
      { atMs: 4 * DAY_MS, byMs: -90_000 },
      { atMs: 5 * DAY_MS, byMs: 3_600_000 },
    ],
  },
  {
    name: 'a clock that is 100 ppm slow and steps daily with SNTP, timestamps that start anew, network stalls',
    track: {
      fps: 2,
      driftPpm: -100,
      jitterMs: 30,
      jumps: [
        ...each(7, (atMs) => ({ atMs, byMs: -800 })),
        ...each(7, (atMs) => ({ atMs: atMs + HOUR_MS, byMs: 1_300 })),
        { atMs: 3 * DAY_MS, byMs: -3 * DAY_MS },
        { atMs: 5 * DAY_MS, byMs: 1e12 },
      ],
      stalls: each(7, (fromMs) => ({ fromMs: fromMs + 2 * HOUR_MS, toMs: fromMs + 2 * HOUR_MS + 5_000 })),
    },
    settleMs: 20 * SECOND_MS,
  },
  {
    name: 'made for 2 frames a second, delivers 1.6, and 1 by night',
    track: {
      fps: 1.6,
      declaredFps: 2,
      jitterMs: 20,
      nights: each(7, (fromMs) => ({ fromMs, toMs: fromMs + 10 * HOUR_MS, fps: 1 })),
    },
    settleMs: 90 * SECOND_MS,
  },
];

const LONG: Scenario[] = SHORT.flatMap((scenario) =>
  [12.5, 25].map((fps) => ({
    ...scenario,
    name: `${scenario.name}; ${fps} frames a second`,
    track: {
      ...scenario.track,
      fps: (fps * scenario.track.fps!) / 2,
      declaredFps: (fps * (scenario.track.declaredFps ?? scenario.track.fps!)) / 2,
      ...(scenario.track.nights && { nights: scenario.track.nights.map((night) => ({ ...night, fps: fps / 2 })) }),
    },
  })),
);

interface Segment {
  readonly startUtcMs: number;
  endUtcMs: number;
  firstUtcMs: number;
  /** Media time at which the last fragment ends. */
  mediaEndMs: number;
  readonly isAfterStep: boolean;
}

class SteppedClock implements Clock {
  nowMs = 0;
  wallMs = START_UTC_MS;
  nowUtcMs = () => this.wallMs + this.nowMs;
  monotonicMs = () => this.nowMs;
  sleep = () => Promise.reject(new Error('nobody sleeps here'));
}

function simulate({ track, corrections = [], settleMs }: Scenario) {
  const clock = new SteppedClock();
  const wallOffset = new WallOffset(clock);
  const cutter = new SegmentCutter(() => ({ segmentMs: 5 * MINUTE_MS, fragmentMs: 500 }));
  const segments: Segment[] = [];
  let isAfterStep = false;
  const perform = (actions: readonly CutAction[]) => {
    for (const action of actions) {
      if (action.kind === 'open') {
        const { startUtcMs } = action;
        segments.push({ startUtcMs, endUtcMs: startUtcMs, firstUtcMs: startUtcMs, mediaEndMs: 0, isAfterStep });
        isAfterStep = false;
      } else if (action.kind === 'fragment') {
        const segment = segments.at(-1)!;
        segment.endUtcMs = action.endUtcMs;
        segment.mediaEndMs = mediaEndMs(action.input);
      }
    }
  };
  const events = [
    0, // the first frames' delay is not known yet
    ...corrections.map(({ atMs }) => atMs),
    ...(track.jumps ?? []).map(({ atMs }) => atMs),
    ...(track.nights ?? []).flatMap(({ fromMs, toMs }) => [fromMs, toMs]),
  ].sort((a, b) => a - b);
  let [event, second, frames, worstErrorMs, jumps, lastWallMs, backwards] = [0, 0, 0, 0, 0, 0, 0];
  const timeline: CameraTimeline = new CameraTimeline({
    wallOffset,
    onTimed: (timed) => {
      frames++;
      if (timed.hole?.cause === 'clock') isAfterStep = true;
      else if (timed.wallUtcMs <= lastWallMs) backwards++;
      lastWallMs = timed.wallUtcMs;
      const atMs = timed.unit.arrivalMonotonicMs;
      while (event + 1 < events.length && events[event + 1]! <= atMs) event++;
      const isStalled = track.stalls?.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs + SECOND_MS);
      if (atMs - events[event]! > settleMs && !isStalled) {
        const errorMs = timed.wallUtcMs - atMs - wallOffset.ms;
        // Arrival has the jitter besides.
        worstErrorMs = Math.max(worstErrorMs, errorMs, -errorMs - (track.jitterMs ?? 0));
      }
      perform(cutter.push(timed));
    },
  });
  timeline.setFormats({ video: VIDEO });
  const unwrapper = new TimestampUnwrapper();
  const pending = [...corrections];
  for (const frame of simulateTrack(WEEK_MS, track)) {
    clock.nowMs = frame.arrivalMs;
    for (; second * SECOND_MS <= frame.arrivalMs; second++) {
      if (pending[0] && pending[0].atMs <= second * SECOND_MS) clock.wallMs += pending.shift()!.byMs;
      if (wallOffset.check() !== 0) timeline.beginStretch();
    }
    const rtpTime = unwrapper.push(((frame.rtpTime % 2 ** 32) + 2 ** 32) % 2 ** 32);
    timeline.push(unitOf('video', { ...frame, rtpTime }, frame.index % 8 === 0), undefined);
  }
  timeline.endSession();
  perform(cutter.close());
  jumps = timeline.figures.timestampJumps;
  return { segments, frames, worstErrorMs, jumps, backwards };
}

function mediaEndMs({ video }: FragmentInput): number {
  const ticks = video!.samples.reduce((sum, { duration }) => sum + duration, video!.baseDecodeTime);
  return ticks / 90;
}

describe('a week', () => {
  it.each(IS_LONG ? [...SHORT, ...LONG] : SHORT)('of $name', (scenario) => {
    const startMs = performance.now();
    const { segments, frames, worstErrorMs, jumps, backwards } = simulate(scenario);
    let [hole, overlap, durationError, paths] = [0, 0, 0, 0];
    segments.forEach((segment, i) => {
      durationError = Math.max(durationError, Math.abs(segment.mediaEndMs - (segment.endUtcMs - segment.startUtcMs)));
      const before = segments[i - 1];
      if (!before || segment.isAfterStep) return;
      hole = Math.max(hole, segment.startUtcMs - before.endUtcMs);
      overlap = Math.max(overlap, before.endUtcMs - segment.startUtcMs);
      if (pathOf(segment) <= pathOf(before)) paths++;
    });
    console.log(
      `${scenario.name}: ${frames} frames, ${segments.length} segments, ${jumps} jumps; largest error ${worstErrorMs.toFixed(1)} ms, hole ${hole.toFixed(3)} ms, overlap ${overlap.toFixed(3)} ms, file against wall ${durationError.toFixed(3)} ms; ${((performance.now() - startMs) / 1000).toFixed(1)} s`,
    );
    expect(worstErrorMs).toBeLessThan(MAX_ERROR_MS);
    expect(hole).toBeLessThan(MAX_SEAM_MS);
    expect(overlap).toBeLessThan(MAX_SEAM_MS);
    expect(durationError).toBeLessThan(MAX_DURATION_ERROR_MS);
    expect(backwards).toBe(0);
    expect(paths).toBe(0);
    expect(jumps).toBe(scenario.track.jumps?.length ?? 0);
    // All of the week is in the files, but for what our own clock was set by.
    const covered = segments.reduce((sum, { startUtcMs, endUtcMs }) => sum + endUtcMs - startUtcMs, 0);
    expect(Math.abs(covered - WEEK_MS)).toBeLessThan(2 * SECOND_MS);
  });
});

function pathOf({ startUtcMs }: Segment): string {
  return segmentPath({
    unit: '0a1b2c3d',
    channelId: '7f3a91c2-loading-dock',
    stream: 'main',
    boot: 1,
    seq: 1,
    startUtcMs: Math.round(startUtcMs),
  });
}

describe('days and names of segments', () => {
  it('are those of UTC, in whatever zone the appliance stands and whatever its clocks do', () => {
    const zone = process.env.TZ;
    const times = Array.from({ length: 49 }, (_, i) => Date.UTC(2026, 2, 28, 12) + i * HOUR_MS);
    const paths = () => times.map((startUtcMs) => pathOf({ startUtcMs } as Segment));
    try {
      process.env.TZ = 'UTC';
      const inUtc = paths();
      process.env.TZ = 'Europe/Berlin';
      // The zone is in force: in that night the clocks were put forward.
      expect(new Date(Date.UTC(2026, 2, 29, 1)).getHours()).toBe(3);
      expect(paths()).toEqual(inUtc);
      expect([...inUtc].sort()).toEqual(inUtc);
      expect(new Set(inUtc.map((path) => path.split('/')[4]))).toEqual(
        new Set(['2026-03-28', '2026-03-29', '2026-03-30']),
      );
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});
