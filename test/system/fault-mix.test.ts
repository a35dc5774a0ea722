import { afterEach, describe, expect, it } from 'vitest';
import type { GapEntry } from '../../src/archive/entries.ts';
import { IS_LONG, SEED, seededRandom } from '../seeded.ts';
import { CAMERA_FAULTS, type ExpectedFault, lasting } from './support/camera-faults.ts';
import { pause, pick } from './support/chance.ts';
import { expectEverySecondExplained, NOT_YET_WRITTEN_MS, waitUntilNoGapIsOpen } from './support/expect-account.ts';
import { expectOneRun } from './support/expect-footage.ts';
import { framesOwed } from './support/frame-account.ts';
import { MemoryDiary } from './support/memory-diary.ts';
import { type Event, soak } from './support/soak.ts';
import { type System, type SystemOptions, startSystem } from './support/system.ts';

const MIX_MS = IS_LONG ? 27 * 60_000 : 90_000;
const FAULT_SECONDS = 4;

/** Every way in which media come, once to be disturbed and once to be left in peace. */
const WAYS = [
  { transport: 'tcp', clip: {} },
  { transport: 'udp', clip: {} },
  { transport: 'tcp', clip: { codec: 'h265', sound: 'aac' }, isEncrypted: true },
  { transport: 'http', clip: { bFrames: 2, sound: 'pcmu' } },
] as const;
const BAD = WAYS.map((_, i) => i + 1);
const GOOD = BAD.map((number) => WAYS.length + number);

const SYSTEM: SystemOptions = {
  simulator: {
    cameras: 2 * WAYS.length,
    each: [...WAYS, ...WAYS].map(({ clip, ...way }) => ({
      clip: { width: 320, height: 240, mbps: 0.5, keyIntervalSeconds: 1, ...clip },
      isEncrypted: 'isEncrypted' in way,
    })),
    subClip: false,
  },
  channel: (number) => ({ transport: WAYS[(number - 1) % WAYS.length]!.transport }),
};

/** What was done to a camera, and when. */
interface Done {
  readonly channel: number;
  readonly expected: ExpectedFault;
  readonly fromUtcMs: number;
  /** Until it was over, or until the channel had recovered. */
  readonly toUtcMs: number;
}

describe(`faults of cameras over every transport, seed ${SEED}`, () => {
  let system: System | undefined;
  afterEach(() => system?.destroy());

  it('one by one: each has its cause in the ledger, and costs no frame beyond those that it hit', async () => {
    system = await startSystem(SYSTEM);
    await system.waitUntilRecording();
    const fromUtcMs = Date.now();
    const memory = new MemoryDiary(system, 60_000);
    const done = (await Promise.all(BAD.map((channel) => disturbOneByOne(system!, channel, memory)))).flat();
    await waitUntilNoGapIsOpen(system, BAD);
    const toUtcMs = Date.now() - NOT_YET_WRITTEN_MS;
    console.log(`${done.length} faults; ${memory}`);
    await system.stack.recorder.stop();
    for (const channel of BAD) await expectEverySecondExplained(system, channel, { fromUtcMs, toUtcMs });
    await expectCausesOf(system, done, fromUtcMs);
    for (const { channel, expected, ...window } of done.filter(({ expected }) => expected.hasGap)) {
      const gaps = (await system.gapsOf(channel)).filter((gap) => isWithin(gap, window));
      const seconds = gaps.reduce((sum, gap) => sum + (gap.toUtcMs! - gap.fromUtcMs) / 1000, 0);
      expect(seconds, `gap of channel ${channel} by ${expected.fault.kind}`).toBeGreaterThan(FAULT_SECONDS - 1);
    }
    await expectFrames(system);
  });

  it(`mixed at random for ${MIX_MS / 1000} s: memory stays flat, every missing second has a cause that explains it`, async () => {
    const done: Done[] = [];
    const disturb: Event = async ({ simulator }, random) => {
      const [channel, expected] = [pick(BAD, random), pick(CAMERA_FAULTS, random)];
      const forSeconds = 1 + random() * 6;
      const fromUtcMs = Date.now();
      await simulator.setFault(channel, lasting(expected, forSeconds, Math.floor(random() * 1e6)));
      done.push({ channel, expected, fromUtcMs, toUtcMs: Date.now() + forSeconds * 1000 });
    };
    const outcome = await soak({ system: SYSTEM, durationMs: MIX_MS, events: [disturb], random: seededRandom(SEED) });
    system = outcome.system;
    console.log(`${done.length} faults`);
    outcome.memory.expectFlat();
    await expectCausesOf(system, done, done[0]!.fromUtcMs);
    await expectFrames(system);
  });
});

/** In the short run a quarter of all faults, in the long one all of them. Which ones follows from the seed. */
async function disturbOneByOne(system: System, channel: number, memory: MemoryDiary): Promise<Done[]> {
  const done: Done[] = [];
  for (const [i, expected] of CAMERA_FAULTS.entries()) {
    if (!IS_LONG && (i + SEED) % BAD.length !== channel - 1) continue;
    const fromUtcMs = Date.now();
    await system.simulator.setFault(channel, lasting(expected, FAULT_SECONDS, SEED + i));
    await pause(FAULT_SECONDS * 1000 + 500);
    await waitUntilNoGapIsOpen(system, [channel]);
    await memory.note();
    await pause(1_000); // a hole that has just ended becomes a gap with the next footage
    done.push({ channel, expected, fromUtcMs, toUtcMs: Date.now() });
  }
  return done;
}

/** A fault shows in the ledger a little before it was noted, as frames take their time to arrive, or when the next one is found to be late. */
const SLACK_MS = 3_000;

function isWithin(gap: GapEntry, { fromUtcMs, toUtcMs }: { fromUtcMs: number; toUtcMs: number }): boolean {
  return gap.fromUtcMs < toUtcMs && (gap.toUtcMs ?? Number.POSITIVE_INFINITY) > fromUtcMs;
}

/** Each gap began while something went on that explains its cause. */
async function expectCausesOf(system: System, done: readonly Done[], sinceUtcMs: number): Promise<void> {
  for (const channel of BAD) {
    const own = done.filter((event) => event.channel === channel);
    for (const gap of await system.gapsOf(channel)) {
      if (gap.toUtcMs! <= sinceUtcMs) continue; // the wait for the first key frame, at the start
      const around = own.filter(
        ({ fromUtcMs, toUtcMs }) => gap.fromUtcMs > fromUtcMs - SLACK_MS && gap.fromUtcMs < toUtcMs + SLACK_MS,
      );
      const faults = around.map(({ expected }) => JSON.stringify(expected.fault));
      const causes = around.flatMap(({ expected }) => expected.causes);
      expect(causes, `channel ${channel}: ${JSON.stringify(gap)} during ${faults}`).toContain(gap.cause);
    }
  }
}

/** The bad cameras' frames as far as they are owed, the good cameras' all; nobody else has fallen over. */
async function expectFrames(system: System): Promise<void> {
  const recorded = await system.recordedFrames();
  const counters = await system.simulator.counters();
  for (const channel of BAD) {
    const owed = framesOwed(counters[channel - 1]!.main.sessions);
    const numbers = recorded.get(channel)!.numbers;
    const lost = owed.filter((frame) => !numbers.has(frame));
    console.log(`channel ${channel}: ${owed.length} frames owed, ${lost.length} lost`);
    expect(lost, `frames lost by channel ${channel}`).toEqual([]);
  }
  for (const channel of GOOD) {
    await expectOneRun(system, channel);
    const gaps = await system.gapsOf(channel);
    expect(
      gaps.filter(({ cause }) => cause !== 'no-data'),
      `gaps of channel ${channel}`,
    ).toEqual([]);
  }
  expect(system.stack.exits).toEqual([]);
}
