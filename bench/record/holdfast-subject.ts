import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { recorderProgram } from '../../scripts/lib/programs.ts';
import { followRecorder, type RecorderFacts } from '../../scripts/lib/recorder-facts.ts';
import { createStack } from '../../scripts/lib/stack.ts';
import { supervise } from '../../scripts/lib/supervisor.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { createDriveLabel } from '../../src/archive/drive-label.ts';
import { writeFileAtomic } from '../../src/base/atomic-file.ts';
import { systemClock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { MIB } from '../../src/base/units.ts';
import { newChannelId } from '../../src/config/channel-id.ts';
import { PLAN_VERSION, type Plan, type PlanDrive } from '../../src/link/plan.ts';
import { readOrCreateUnit, statePaths } from '../../src/link/state.ts';
import type { Subject } from './subject.ts';
import { startWatchers, type Watchers } from './watchers.ts';

export interface HoldfastOptions {
  urls: readonly string[];
  folder: string;
  allotmentMbps: number;
  watchers: number;
}

const BAYS = 2;
const CONNECT_TIMEOUT_MS = 60_000;
const TAIL_MAX_BYTES = 512 * MIB;

/** The recorder with hashes and durability as in real use: alone with a plan, or with control when there are watchers. */
export function startHoldfastSubject(options: HoldfastOptions): Promise<Subject> {
  return options.watchers > 0 ? startWithControl(options) : startAlone(options);
}

async function startAlone({ urls, folder, allotmentMbps }: HoldfastOptions): Promise<Subject> {
  const stateDir = join(folder, 'state');
  const roots = Array.from({ length: BAYS }, (_, i) => join(folder, `bay${i + 1}`));
  await writePlan(stateDir, roots, urls, allotmentMbps);
  const recorder = supervise({
    program: recorderProgram({ stateDir, driveCount: BAYS }),
    logFile: join(folder, 'recorder.log'),
    onUnexpectedExit: () => 'give-up',
  });
  await recorder.start();
  const facts = followRecorder(stateDir);
  const stop = async () => {
    facts.stop();
    await recorder.stop();
  };
  await orStop(waitUntilRecording(facts, urls.length), stop);
  return {
    name: 'holdfast',
    get pids() {
      if (recorder.pid === 0) throw new AppError('internal', `the recorder ended; see ${join(folder, 'recorder.log')}`);
      return [recorder.pid];
    },
    folders: roots,
    besides: {},
    extras: () => figuresOf(facts),
    stop,
  };
}

async function startWithControl({ urls, folder, allotmentMbps, watchers }: HoldfastOptions): Promise<Subject> {
  const stack = await createStack({ folder, channels: urls.map((url) => ({ url, allotmentMbps })) });
  const facts = followRecorder(stack.stateDir);
  let watching: Watchers | undefined;
  const stop = async () => {
    watching?.stop();
    facts.stop();
    await stack.stop();
  };
  await orStop(stack.start(), stop);
  await orStop(waitUntilRecording(facts, urls.length), stop);
  watching = await orStop(startWatchers(await stack.signIn(), urls.length, watchers), stop);
  return {
    name: 'holdfast',
    get pids() {
      if (stack.exits.length > 0) throw new AppError('internal', `${stack.exits[0]!.name} ended; see ${folder}/logs`);
      return [stack.recorder.pid];
    },
    folders: stack.bays.map((bay) => bay.path),
    besides: { control: stack.control.pid },
    extras: () => ({ ...figuresOf(facts), watchers, ...watching?.figures() }),
    stop,
  };
}

/** A start that fails halfway leaves nothing running. */
async function orStop<T>(step: Promise<T>, stop: () => Promise<void>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function waitUntilRecording(facts: RecorderFacts, channels: number): Promise<void> {
  await waitFor(`${channels} channels record`, CONNECT_TIMEOUT_MS, () => {
    const others = [...facts.channels.values()].filter(({ state }) => state !== 'recording');
    if (others.length > 0)
      throw new Error(others.map(({ channelId, state, detail }) => `${channelId} ${state} ${detail}`).join('; '));
    return facts.channels.size === channels;
  });
}

function figuresOf(facts: RecorderFacts): Record<string, number> {
  const commits = facts.rates.flatMap((rates) => rates.drives.map((drive) => drive.commitEveryMs));
  const flushes = facts.rates.flatMap((rates) => rates.drives.map((drive) => drive.flushP99Ms));
  return {
    tailMB: Math.max(0, ...facts.rates.map((rates) => rates.tailBytes)) / 1e6,
    commitEveryMs: Math.max(0, ...commits),
    flushP99Ms: Math.max(0, ...flushes),
  };
}

async function writePlan(
  stateDir: string,
  roots: string[],
  urls: readonly string[],
  allotmentMbps: number,
): Promise<void> {
  const paths = statePaths(stateDir);
  const unit = await readOrCreateUnit(paths);
  const nowUtcMs = systemClock.nowUtcMs();
  const drives: PlanDrive[] = [];
  for (const [index, root] of roots.entries()) {
    await mkdir(root, { recursive: true });
    const bayLabel = `Bay ${index + 1}`;
    const { id } = await createDriveLabel(root, { label: bayLabel, unit, nowUtcMs });
    drives.push({ bay: `bay${index + 1}`, bayLabel, driveId: id, root, capacityBytes: null });
  }
  const plan: Plan = {
    version: PLAN_VERSION,
    revision: 1,
    madeUtcMs: Math.floor(nowUtcMs),
    unit,
    segmentMs: 300_000,
    fragmentMs: 500,
    promisedLossMs: 2_000,
    tailMaxBytes: TAIL_MAX_BYTES,
    maxAgeMs: null,
    drives,
    channels: urls.map((url, index) => ({
      number: index + 1,
      id: newChannelId(`Camera ${index + 1}`),
      name: `Camera ${index + 1}`,
      url,
      username: '',
      password: '',
      allotmentMbps,
      schedule: { isOn: true, switches: [] },
      bays: [],
    })),
    locks: [],
  };
  await writeFileAtomic(paths.plan, JSON.stringify(plan), 0o600);
}
