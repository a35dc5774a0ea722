import { rename } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { IS_LONG, SEED, seededRandom } from '../seeded.ts';
import type { Fault } from '../sim/faults.ts';
import { pause, pick } from './support/chance.ts';
import { expectOneRun } from './support/expect-footage.ts';
import { type Event, soak } from './support/soak.ts';
import type { System } from './support/system.ts';

const SOAK_MS = IS_LONG ? 10 * 60_000 : 30_000;
const BAD = [1, 2, 3];
const GOOD = [4, 5, 6];

const cameraFault: Event = async (system, random) => {
  const forSeconds = 1 + random() * 6;
  const faults: Fault[] = [
    { kind: 'drop' },
    { kind: 'refuse', forSeconds },
    { kind: 'silent', forSeconds },
    { kind: 'silent', hang: true, forSeconds },
    { kind: 'lose-packets', share: 0.05, seed: Math.floor(random() * 1e6), forSeconds },
    { kind: 'jump-timestamps', seconds: Math.round((random() - 0.5) * 10_000), forSeconds },
    { kind: 'bitrate', factor: 3, forSeconds },
    { kind: 'garbage', what: 'bytes', share: 0.1, seed: Math.floor(random() * 1e6), forSeconds },
  ];
  await system.simulator.setFault(pick(BAD, random), pick(faults, random));
};
const controlCrash: Event = async ({ stack }) => void (await stack.control.crash());
const recorderCrash: Event = async ({ stack }) => void (await stack.recorder.crash());
/** One of the two bays; the other takes over. */
const bayAway: Event = async ({ stack }, random) => {
  const { path } = pick(stack.bays, random);
  await rename(path, `${path}.away`);
  await pause(500 + random() * 3_000);
  await rename(`${path}.away`, path);
};

describe(`random faults for ${SOAK_MS / 1000} s, seed ${SEED}`, () => {
  let system: System | undefined;
  afterEach(() => system?.destroy());

  async function soakCameras(events: readonly Event[]): Promise<System> {
    const simulator = {
      cameras: BAD.length + GOOD.length,
      clip: { width: 320, height: 240, mbps: 0.5, keyIntervalSeconds: 1 },
    };
    return (await soak({ system: { simulator }, durationMs: SOAK_MS, events, random: seededRandom(SEED) })).system;
  }

  it('of cameras, control and bays: no frame of the good cameras is lost, every missing second has a cause', async () => {
    system = await soakCameras([cameraFault, cameraFault, cameraFault, controlCrash, bayAway]);
    for (const number of GOOD) await expectOneRun(system, number);
    expect(system.stack.recorder.restarts).toBe(0);
  });

  it('of the recorder as well: every missing second has a cause', async () => {
    system = await soakCameras([cameraFault, cameraFault, controlCrash, recorderCrash]);
    for (const number of GOOD) {
      const causes = new Set((await system.gapsOf(number)).map(({ cause }) => cause));
      causes.delete('no-data'); // the wait for the first key frame
      expect([...causes].filter((cause) => cause !== 'recorder-not-running')).toEqual([]);
    }
  });
});
