import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CutAction, SegmentCutter } from '../../../src/recorder/segment-cutter.ts';
import { type SimulatedTrackOptions, simulateTrack } from './simulated-track.ts';
import { TimelineHarness } from './timeline-harness.ts';

const T = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const DURATION_MS = 7 * MINUTE;
const LAST_EVENT_MS = 3 * MINUTE;
/** A night lasts up to a minute; two minutes after it everything has to be right again for the rest. */
const SETTLED_MS = LAST_EVENT_MS + MINUTE + 2 * MINUTE;
const LATENCY_MS = 20;

const at = fc.integer({ min: 10_000, max: LAST_EVENT_MS });
const span = (maxMs: number) =>
  fc.record({ fromMs: at, lengthMs: fc.integer({ min: 500, max: maxMs }) }).map(({ fromMs, lengthMs }) => ({
    fromMs,
    toMs: fromMs + lengthMs,
  }));

const scenario: fc.Arbitrary<SimulatedTrackOptions> = fc.record({
  fps: fc.constantFrom(5, 12.5, 25, 30),
  driftPpm: fc.integer({ min: -300, max: 300 }),
  jitterMs: fc.integer({ min: 0, max: 60 }),
  latencyMs: fc.constant(LATENCY_MS),
  startRtp: fc.nat({ max: 2 ** 32 - 1 }),
  seed: fc.nat({ max: 2 ** 31 }),
  stalls: fc.array(span(8_000), { maxLength: 1 }),
  pauses: fc.array(
    fc.tuple(span(8_000), fc.boolean()).map(([one, isHidden]) => ({ ...one, isHidden })),
    { maxLength: 1 },
  ),
  jumps: fc.array(fc.record({ atMs: at, byMs: fc.integer({ min: -1e9, max: 1e9 }) }), { maxLength: 3 }),
  nights: fc.array(
    span(60_000).map((one) => ({ ...one, fps: 4 })),
    { maxLength: 1 },
  ),
});

describe('a camera with any clock, over any network', () => {
  it('is recorded whole, in ascending times that are right again soon after whatever happened', () => {
    fc.assert(
      fc.property(scenario, (options) => {
        const harness = new TimelineHarness(T);
        let frames = 0;
        for (const frame of simulateTrack(DURATION_MS, options)) {
          harness.pushVideo(frame, 50);
          frames++;
        }
        harness.timeline.endSession();
        const { timed } = harness;
        expect(timed).toHaveLength(frames);

        let [backwards, apartMs, errorMs] = [0, 0, 0];
        const first = timed[0]!;
        timed.forEach(({ dtsTicks, ticks, wallUtcMs, unit }, i) => {
          if (i > 0 && dtsTicks <= timed[i - 1]!.dtsTicks) backwards++;
          // Ticks and wall time are at a constant distance: what is true of a file is true of the wall.
          const mediaMs = (ticks - first.ticks) / 90;
          apartMs = Math.max(apartMs, Math.abs(wallUtcMs - first.wallUtcMs - mediaMs));
          if (unit.arrivalMonotonicMs < SETTLED_MS) return;
          errorMs = Math.max(errorMs, Math.abs(wallUtcMs - T - unit.arrivalMonotonicMs));
        });
        expect(backwards).toBe(0);
        expect(apartMs).toBeLessThan(0.01);
        // A hundredth for what milliseconds since 1970 lose as doubles: frames may be held exactly at the bound.
        expect(errorMs).toBeLessThan(100.01);
      }),
    );
  });

  it('makes segments that hold every frame once and follow each other but for holes of a second and more', () => {
    fc.assert(
      fc.property(scenario, (options) => {
        const cutter = new SegmentCutter(() => ({ segmentMs: 30_000, fragmentMs: 500 }));
        const harness = new TimelineHarness(T);
        for (const frame of simulateTrack(DURATION_MS, options)) harness.pushVideo(frame, 50);
        harness.timeline.endSession();
        const actions: CutAction[] = harness.timed.flatMap((timed) => [...cutter.push(timed)]);
        actions.push(...cutter.close());
        const fragments = actions.filter((action) => action.kind === 'fragment');
        expect(fragments.reduce((sum, { videoFrames }) => sum + videoFrames, 0)).toBe(harness.timed.length);
        for (let i = 1; i < fragments.length; i++) {
          const seamMs = fragments[i]!.startUtcMs - fragments[i - 1]!.endUtcMs;
          expect(seamMs > -1 && (seamMs < 1 || seamMs >= 999), `${seamMs} ms before fragment ${i}`).toBe(true);
        }
      }),
    );
  });
});
