import { describe, expect, it } from 'vitest';
import { movedHole } from '../../../src/recorder/time/moved-hole.ts';
import { simulateTrack } from './simulated-track.ts';
import { TimelineHarness } from './timeline-harness.ts';

const T = Date.UTC(2026, 2, 1, 12);

describe('a hole in front of a picture', () => {
  it.each([
    ['is none that is no gap', 800, 1, 1, undefined],
    ['of a camera that sent nothing, and says so', 6_000, 6_000, 6_000, undefined],
    ['of a camera that sent nothing, and whose timestamps stood still', 6_000, 6_000, 40, undefined],
    ['of a camera that dropped pictures: what it sends next arrives at once', 6_000, 40, 6_000, undefined],
    ['that is for the most part the camera’s own', 6_000, 40, 4_000, undefined],
    ['that only we made', 6_000, 1, 0.2, 'its time had fallen 6.0 s behind'],
    ['of timestamps that run backwards', 1_040, 40, -40, 'its time had fallen 1.0 s behind'],
  ])('%s', (_, wallMs, arrivalMs, cameraMs, words) => {
    const hole = movedHole({ wallMs, arrivalMs, cameraMs });
    if (words === undefined) expect(hole).toBeUndefined();
    else expect(hole).toMatchObject({ cause: 'clock', detail: expect.stringContaining(words) });
  });
});

describe('holes of a second in the times of pictures that came without a pause', () => {
  it.each([
    ['timestamps at less than a third of the real rate', (index: number) => index * 18, 0.667],
    ['timestamps that run backwards', (index: number) => -index * 3_600, 40],
    ['timestamps that stand still', () => 7, 40],
    ['timestamps at random', (index: number) => (index * 2_654_435_761) % 2 ** 31, 40],
  ])('are told as the work of the clock: %s', (_, rtpTimeOf, everyMs) => {
    const harness = new TimelineHarness(T);
    for (let index = 0; index * everyMs < 30_000; index++) {
      const arrivalMs = index * everyMs;
      harness.pushVideo({ index, takenMs: arrivalMs, rtpTime: rtpTimeOf(index), arrivalMs });
    }
    let latestMs = harness.video[0]!.wallUtcMs;
    for (const { wallUtcMs, hole } of harness.video) {
      if (wallUtcMs - latestMs >= 1_000) expect(hole?.cause).toBe('clock');
      latestMs = Math.max(latestMs, wallUtcMs);
    }
    expect(Math.abs(latestMs - T - 30_000)).toBeLessThan(1_500);
  });

  it('are not, where the network or the camera stood still', () => {
    for (const stalls of [{ stalls: [{ fromMs: 9_000, toMs: 12_000 }] }, {}]) {
      const harness = new TimelineHarness(T);
      for (const frame of simulateTrack(20_000, stalls)) {
        if (frame.index < 300 || frame.index > 400) harness.pushVideo(frame);
      }
      expect(harness.video.every(({ hole }) => hole === undefined)).toBe(true);
    }
  });
});
