import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { openSegmentReader } from '../../src/archive/segment-reader.ts';
import type { StreamReport } from '../../src/link/stream-report.ts';
import { expectOneRun } from './support/expect-footage.ts';
import { type System, startSystem } from './support/system.ts';

const [LOSSY, WRONG_RATE, JUMPY] = [1, 2, 3];
const SMALL = { width: 320, height: 240, mbps: 0.4, keyIntervalSeconds: 1 };
const KEY_INTERVAL_S = 12;

describe('cameras with clocks and key frames of their own', () => {
  let system: System | undefined;
  afterEach(() => system?.destroy());

  it('are recorded in the time that passes, with gaps for what was lost and a report of what was measured', async () => {
    system = await startSystem({
      settings: { segmentMinutes: 10 / 60 },
      simulator: {
        cameras: 3,
        subClip: false,
        each: [
          { clip: { ...SMALL, keyIntervalSeconds: KEY_INTERVAL_S } },
          { clip: { ...SMALL, fps: 20, declaredFps: 25 }, hasCountedTimestamps: true },
          { clip: SMALL },
        ],
      },
    });
    await system.waitUntilRecording();
    const report = (channel: number): StreamReport | undefined =>
      system!.facts.reports.get(system!.stack.channels[channel - 1]!.id);

    await system.simulator.setFault(JUMPY, { kind: 'jump-timestamps', seconds: 5 });
    await system.simulator.setFault(LOSSY, { kind: 'lose-packets', share: 0.2 });
    await waitFor('packets are lost', 20_000, () => (report(LOSSY)?.loss.packetsLost ?? 0) > 0);
    await system.simulator.clearFault(LOSSY, 'lose-packets');
    const gap = await waitFor('the gap that the loss makes has ended', 60_000, async () =>
      (await system!.gapsOf(LOSSY)).find(({ cause, toUtcMs }) => cause === 'stream-error' && toUtcMs !== null),
    );
    // From the loss to the next key frame, which is 12 s after the one before.
    expect(gap.toUtcMs! - gap.fromUtcMs).toBeLessThan((2 * KEY_INTERVAL_S + 1) * 1_000);
    expect(gap.detail).toMatch(/^packets were lost; \d+ pictures that came after it could not be decoded/);

    await waitFor('the frame rate is learned', 60_000, () => (report(WRONG_RATE)?.measuredMs ?? 0) > 40_000);
    await waitFor('two key frames came', 60_000, () => typeof report(LOSSY)?.video?.keyIntervalMs === 'number');
    await system.stack.recorder.stop();

    const { video, loss, sinceStart } = report(LOSSY)!;
    expect(video!.keyIntervalMs! / 1_000).toBeCloseTo(KEY_INTERVAL_S, 0);
    expect(loss.framesDropped.undecodable + loss.framesDropped.incomplete).toBeGreaterThan(0);
    expect(sinceStart!.loss.packetsLost).toBeGreaterThanOrEqual(loss.packetsLost);
    expect(report(JUMPY)!.clock.timestampJumps).toBe(1);
    const rates = report(WRONG_RATE)!.video!;
    expect(rates.framesPerSecond).toBeCloseTo(20, 0);
    expect(rates.framesPerSecondOfCamera).toBeCloseTo(25, 0);
    expect(rates.framesPerSecondDeclared).toBe(25);
    for (const channel of [WRONG_RATE, JUMPY]) {
      await expectOneRun(system, channel);
      expect((await system.gapsOf(channel)).filter(({ cause }) => cause !== 'no-data')).toEqual([]);
      await expectSeamless(system, channel);
    }
  });
});

/** Files follow each other, and are as long as the time that they cover. */
async function expectSeamless(system: System, channel: number): Promise<void> {
  const { files } = await system.footageOf(channel);
  expect(files.length).toBeGreaterThan(2);
  for (const [i, file] of files.entries()) {
    const reader = await openSegmentReader(file.path);
    const last = reader.fragments.at(-1)!;
    await reader.close();
    const mediaMs = (last.mediaTime90k + last.duration90k) / 90;
    expect(Math.abs(mediaMs - (file.endUtcMs - file.startUtcMs)), file.path).toBeLessThan(2);
    const next = files[i + 1];
    if (next) expect(Math.abs(next.startUtcMs - file.endUtcMs), next.path).toBeLessThan(3);
  }
}
