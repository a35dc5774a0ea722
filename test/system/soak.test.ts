import { readFile, rename } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { findUnexplained, totalSeconds } from '../../scripts/lib/coverage.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { IS_LONG, SEED, seededRandom } from '../seeded.ts';
import type { Fault } from '../sim/faults.ts';
import { expectOneRun } from './support/expect-footage.ts';
import { type System, startSystem } from './support/system.ts';

const SOAK_MS = IS_LONG ? 10 * 60_000 : 30_000;
const BAD = [1, 2, 3];
const GOOD = [4, 5, 6];
const CHANNELS = [...BAD, ...GOOD];

type Event = (system: System, random: () => number) => Promise<void>;

/** Faults end by themselves, so that several last at the same time. */
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

  it('of cameras, control and bays: no frame of the good cameras is lost, every missing second has a cause', async () => {
    system = await soak([cameraFault, cameraFault, cameraFault, controlCrash, bayAway]);
    for (const number of GOOD) await expectOneRun(system, number);
    expect(system.stack.recorder.restarts).toBe(0);
  });

  it('of the recorder as well: every missing second has a cause', async () => {
    system = await soak([cameraFault, cameraFault, controlCrash, recorderCrash]);
    for (const number of GOOD) {
      const causes = new Set((await system.gapsOf(number)).map(({ cause }) => cause));
      causes.delete('no-data'); // the wait for the first key frame
      expect([...causes].filter((cause) => cause !== 'recorder-not-running')).toEqual([]);
    }
  });
});

async function soak(events: readonly Event[]): Promise<System> {
  const random = seededRandom(SEED);
  const system = await startSystem({
    simulator: {
      cameras: CHANNELS.length,
      clip: { width: 320, height: 240, mbps: 0.5, keyIntervalSeconds: 1 },
      subClip: false,
    },
  });
  try {
    await system.waitUntilRecording();
    const fromUtcMs = Date.now();
    const memoryAtStart = await memoryMB(system);
    while (Date.now() - fromUtcMs < SOAK_MS) {
      await pick(events, random)(system, random);
      await pause(200 + random() * 2_000);
    }
    await waitFor('every channel records again', 60_000, async () => {
      const gaps = (await Promise.all(CHANNELS.map((number) => system.gapsOf(number)))).flat();
      const open = gaps.filter(({ toUtcMs }) => toUtcMs === null);
      if (open.length > 0) throw new Error(`open gaps: ${JSON.stringify(open)}`);
      return true;
    });
    await system.waitUntilRecording();
    const toUtcMs = Date.now() - 3_000; // what is younger may still wait for its fragment
    console.log(
      `seed ${SEED}: recorder's memory ${memoryAtStart} MB at the start, ${await memoryMB(system)} MB at the end`,
    );
    await system.stack.recorder.stop();
    for (const number of CHANNELS) {
      const gaps = (await system.gapsOf(number)).map((gap) => ({ ...gap, toUtcMs: gap.toUtcMs ?? toUtcMs }));
      const { spans } = await system.footageOf(number);
      const unexplained = findUnexplained({ fromUtcMs, toUtcMs }, spans, gaps);
      expect(totalSeconds(unexplained), `channel ${number}: ${JSON.stringify({ unexplained, gaps, spans })}`).toBe(0);
    }
    return system;
  } catch (error) {
    await system.destroy();
    throw error;
  }
}

async function memoryMB({ stack }: System): Promise<number> {
  const rollup = await readFile(`/proc/${stack.recorder.pid}/smaps_rollup`, 'utf8');
  return Math.round(Number(/^Pss:\s+(\d+)/m.exec(rollup)![1]) / 1024);
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)]!;
}

/** The pace of the faults, not a wait for an outcome. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
