import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError, messageOf } from '../../src/base/errors.ts';
import { DEFAULT_PORT } from '../../test/sim/simulator.ts';
import { type DemoOptions, parseDemoOptions } from './demo-options.ts';
import { demoResult, printChannels } from './demo-report.ts';
import { waitForFirstFootage } from './first-footage.ts';
import { checkFootage } from './footage-check.ts';
import { type SimulatorProcess, startSimulatorProcess } from './simulator-process.ts';
import { createStack, directoryBay, type Stack } from './stack.ts';

/*
 * The main job on one machine: cameras (simulated ones, or real ones), the recorder and control, on folders that stand for bays.
 *
 *   options ─▶ simulator ─▶ recorder + control ─▶ footage of every channel ─▶ a person, or N seconds and a check
 *                                                                              stops in the reverse order
 */
const BAY_CAPACITY_MB = 5_000;
const SIMULATED_MBPS = 2;
/** Cameras send a little above what they are set to. */
const SIMULATED_ALLOTMENT_MBPS = 2.5;
const REAL_ALLOTMENT_MBPS = 8;
/** Segments of a short run must be short enough that some are closed when it ends. */
const SEGMENT_SECONDS = 10;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options !== undefined) process.exitCode = await runDemo(options);
} catch (error) {
  console.error(`scripts/demo: ${messageOf(error)}`);
  process.exitCode = isAppError(error, 'bad-input') ? 2 : 1;
}

async function runDemo(options: DemoOptions): Promise<number> {
  const folder = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'holdfast-demo-')));
  let simulator: SimulatorProcess | undefined;
  let stack: Stack | undefined;
  try {
    if (options.cameras > 0) {
      say(`starting ${options.cameras} simulated cameras`);
      simulator = await startSimulatorProcess({
        cameras: options.cameras,
        // The addresses stand in the settings of a folder that is used again.
        ...(options.dataDir !== undefined && { port: DEFAULT_PORT }),
        clip: { mbps: SIMULATED_MBPS, ...options.clip },
      });
    }
    stack = await createStack(stackOptions(options, folder, simulator?.urls ?? []));
    say(`everything is in ${folder}`);
    await stack.start();
    const startUtcMs = Date.now();
    for (const { channel, cause, detail } of await waitForFirstFootage(stack, stopping.signal)) {
      say(`${channel.name} (${channel.url}) has no footage: ${cause}: ${detail}`);
    }
    introduce(stack, options);
    await waitForEnd(options.seconds);
    if (options.seconds === undefined || stopping.signal.aborted) return 0;

    say('stopping, and checking what is on the drives');
    const window = { fromUtcMs: startUtcMs, toUtcMs: Date.now() };
    const restarts = { recorder: stack.recorder.restarts, control: stack.control.restarts };
    await stack.stop();
    const check = await checkFootage({
      stateDir: stack.stateDir,
      bays: stack.bays.map((bay) => bay.path),
      channels: stack.channels,
      window,
      counters: (await simulator?.counters()) ?? [],
    });
    printChannels(check, options.isJson ? console.error : console.log);
    if (options.isJson) console.log(JSON.stringify(demoResult(check, options.seconds, restarts)));
    return check.problems.length === 0 ? 0 : 1;
  } finally {
    await stack?.stop();
    await simulator?.stop();
    if (options.dataDir === undefined) await rm(folder, { recursive: true, force: true });
  }
}

function stackOptions(options: DemoOptions, folder: string, simulatedUrls: readonly string[]) {
  const channels = [
    ...simulatedUrls.map((url) => ({ url, allotmentMbps: SIMULATED_ALLOTMENT_MBPS })),
    ...options.real.map((camera) => ({ allotmentMbps: REAL_ALLOTMENT_MBPS, ...camera })),
  ];
  return {
    folder,
    channels,
    // Room to add some on the page.
    channelCount: Math.max(8, channels.length),
    ratingMbps: Math.max(
      64,
      channels.reduce((sum, channel) => sum + channel.allotmentMbps, 0),
    ),
    bays: [1, 2].map((n) => directoryBay(`bay${n}`, join(folder, `bay${n}`), BAY_CAPACITY_MB)),
    listen: options.listen,
    settings: { name: 'Demo', segmentMinutes: SEGMENT_SECONDS / 60 },
  };
}

function introduce(stack: Stack, options: DemoOptions): void {
  if (stopping.signal.aborted) return;
  say(`recording ${stack.channels.length} channels`);
  const print = options.isJson ? console.error : console.log;
  print(`\n  admin page   ${stack.address}`);
  if (stack.setupCode !== undefined) print(`  setup code   ${stack.setupCode}   (asked for at the first visit)`);
  print(`  footage      ${stack.bays.map((bay) => bay.path).join(', ')}\n`);
  if (options.seconds === undefined) print('Ctrl-C stops everything.\n');
}

/** After the time is up, or at Ctrl-C. */
async function waitForEnd(seconds: number | undefined): Promise<void> {
  const { signal } = stopping;
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    // A promise alone does not keep a process alive.
    const timer = seconds === undefined ? setInterval(() => undefined, 60_000) : setTimeout(resolve, seconds * 1000);
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
  });
}

function say(text: string): void {
  console.error(`demo: ${text}`);
}
