import { afterEach, expect, it } from 'vitest';
import { splitLengthPrefixed } from '../../media/rtp/rtp-packets.ts';
import { IS_LONG, SEED } from '../../seeded.ts';
import { parseFrameNumberSei } from '../../sim/frame-number-sei.ts';
import { type Simulator, startSimulator } from '../../sim/simulator.ts';
import { SMALL_CLIP, TEST_CACHE } from '../../sim/test-clips.ts';
import { until, Viewer } from './viewer.ts';

const FRAMES = IS_LONG ? 10_000 : 250;

let simulator: Simulator | undefined;
let viewer: Viewer | undefined;
afterEach(async () => {
  await viewer?.client.stop();
  await simulator?.stop();
});

it(`1 % of datagrams lost, 5 % in disorder, 50 ms of jitter: no more is lost than that (seed ${SEED})`, async () => {
  simulator = await startSimulator({
    cameras: 1,
    port: 0,
    // Several packets a frame, so that disorder hits frames from within.
    clip: { ...SMALL_CLIP, width: 640, height: 360, mbps: 4 },
    subClip: false,
    cacheFolder: TEST_CACHE,
  });
  const camera = simulator.camera(1);
  viewer = new Viewer(camera.url, { transport: 'udp' });
  await viewer.client.start();
  await camera.setFault({ kind: 'lose-packets', share: 0.01, seed: SEED });
  await camera.setFault({ kind: 'reorder-packets', share: 0.05, seed: SEED });
  await camera.setFault({ kind: 'jitter', ms: 50, seed: SEED });
  const { units } = viewer;
  await until(() => units.length >= FRAMES, `${FRAMES} frames`, 60 * FRAMES);
  await camera.clearFaults();
  const faultyFrames = units.length;
  await until(() => units.length > faultyFrames + 25, 'a second without faults');
  await viewer.client.stop();

  const came = new Set(units.flatMap((unit) => frameNumbers(unit.data)));
  const session = camera.counters().main.sessions[0]!;
  const last = Math.max(...came);
  const sent = session.ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  expect(session.transport).toBe('udp');
  expect(session.packetsLost).toBeGreaterThan(0);
  expect(viewer.client.counters).toMatchObject({ packetsLost: session.packetsLost, packetsLate: 0 });
  expect(sent.filter((frame) => frame <= last && !came.has(frame))).toEqual([]);
  expect(units.map((unit) => unit.rtpTime)).toEqual(units.map((unit) => unit.rtpTime).toSorted((a, b) => a - b));
});

function frameNumbers(data: Buffer): number[] {
  return splitLengthPrefixed(data).flatMap((nal) => parseFrameNumberSei(nal, 'h264')?.frame ?? []);
}
