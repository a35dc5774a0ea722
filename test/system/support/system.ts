import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelFootage, readFootage } from '../../../scripts/lib/footage.ts';
import { compareFrames, type FrameComparison } from '../../../scripts/lib/frame-count.ts';
import { readGaps } from '../../../scripts/lib/gaps.ts';
import { type RecordedFrames, readRecordedFrames } from '../../../scripts/lib/recorded-frames.ts';
import { followRecorder, type RecorderFacts } from '../../../scripts/lib/recorder-facts.ts';
import {
  type SimulatorProcess,
  type SimulatorProcessOptions,
  startSimulatorProcess,
} from '../../../scripts/lib/simulator-process.ts';
import { type ChannelSeed, createStack, type Stack, type StackOptions } from '../../../scripts/lib/stack.ts';
import { waitFor } from '../../../scripts/lib/wait-for.ts';
import type { GapEntry } from '../../../src/archive/entries.ts';

export interface SystemOptions extends Partial<Omit<StackOptions, 'channels' | 'folder'>> {
  /** Cameras and how they send; channel n is camera n. Default: 2 cameras, small pictures, a key frame each second. */
  simulator?: SimulatorProcessOptions;
  /** Merged into each channel, or into the one of this number: an allotment, a schedule, a transport. */
  channel?: Partial<ChannelSeed> | ((number: number) => Partial<ChannelSeed>);
  /** What stands between a camera and the recorder: returns the address that the recorder is given in place of the camera's. */
  route?: (cameraUrl: string, number: number) => Promise<string>;
}

/** Simulated cameras, recorder and control in a folder of their own, with what a test needs to look at the outcome. */
export interface System {
  readonly folder: string;
  readonly simulator: SimulatorProcess;
  readonly stack: Stack;
  /** What the recorder says; connects again by itself when the recorder comes back. */
  readonly facts: RecorderFacts;
  /** Until every channel (or the named ones, by number) has written frames and records. */
  waitUntilRecording(channels?: readonly number[], timeoutMs?: number): Promise<void>;
  /** From the files on the bays; while the recorder runs, as far as it has written. */
  footageOf(channel: number): Promise<ChannelFootage>;
  gapsOf(channel: number): Promise<GapEntry[]>;
  /** Frame numbers on the bays by camera, which is the number of the channel. */
  recordedFrames(): Promise<Map<number, RecordedFrames>>;
  /** Sent against recorded. Stop the recorder first: what it has in memory is not in the files yet. */
  compareFrames(channel: number): Promise<FrameComparison>;
  /** Everything, in the reverse order, and the folder. For `afterEach`; may be called twice. */
  destroy(): Promise<void>;
}

/** Quick to encode, and a key frame each second, so that tests need not wait for one. */
const DEFAULT_SIMULATOR: SimulatorProcessOptions = {
  cameras: 2,
  clip: { width: 320, height: 240, mbps: 0.5, keyIntervalSeconds: 1 },
  subClip: false,
};
/** Some segments are closed within a test. */
const DEFAULT_SEGMENT_MINUTES = 5 / 60;
const RECORDING_TIMEOUT_MS = 20_000;

/** Starts everything; what has started is stopped again when a step fails. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const { simulator: simulatorOptions = DEFAULT_SIMULATOR, channel, route, settings, ...stackOptions } = options;
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-system-'));
  const simulator = await startSimulatorProcess({ ...DEFAULT_SIMULATOR, ...simulatorOptions });
  const seedOf = async (cameraUrl: string, index: number) => ({
    url: (await route?.(cameraUrl, index + 1)) ?? cameraUrl,
    ...(typeof channel === 'function' ? channel(index + 1) : channel),
  });
  const stack = await createStack({
    ...stackOptions,
    folder,
    channels: await Promise.all(simulator.urls.map(seedOf)),
    settings: { segmentMinutes: DEFAULT_SEGMENT_MINUTES, ...settings },
  });
  const facts = followRecorder(stack.stateDir);
  const bays = () => stack.bays.map((bay) => bay.path);
  const idOf = (channel: number) => stack.channels[channel - 1]!.id;

  const system: System = {
    folder,
    simulator,
    stack,
    facts,
    async waitUntilRecording(channels = stack.channels.map(({ number }) => number), timeoutMs = RECORDING_TIMEOUT_MS) {
      await waitFor(`channels ${channels.join(', ')} record`, timeoutMs, () => {
        const written = new Set(
          facts.rates
            .at(-1)
            ?.channels.filter((r) => r.framesWritten > 0)
            .map((r) => r.channelId),
        );
        const states = channels.map((number) => facts.channels.get(idOf(number)));
        const late = states.find((state) => state?.state !== 'recording' || !written.has(state.channelId));
        if (late !== undefined) throw new Error(`${late.channelId} is ${late.state} (${late.cause}: ${late.detail})`);
        return !states.includes(undefined);
      });
    },
    footageOf: async (channel) => (await readFootage(bays())).get(idOf(channel)) ?? { files: [], spans: [] },
    gapsOf: (channel) => readGaps(stack.stateDir, idOf(channel)),
    recordedFrames: () => readRecordedFrames(bays()),
    async compareFrames(channel) {
      const { main } = (await simulator.counters())[channel - 1]!;
      return compareFrames(main.sessions, (await readRecordedFrames(bays())).get(channel)?.numbers ?? new Set());
    },
    async destroy() {
      facts.stop();
      await stack.stop();
      await simulator.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await stack.start();
  } catch (error) {
    await system.destroy();
    throw error;
  }
  return system;
}
