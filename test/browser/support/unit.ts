import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type SimulatorProcess,
  type SimulatorProcessOptions,
  startSimulatorProcess,
} from '../../../scripts/lib/simulator-process.ts';
import { createStack, type Stack, type StackOptions } from '../../../scripts/lib/stack.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** A whole appliance for one test file: simulated cameras, recorder, control and the page as it is now. */
export interface Unit {
  readonly stack: Stack;
  readonly cameras: readonly SimulatorProcess[];
  stop(): Promise<void>;
}

/** Small pictures: two cores decode them beside everything else. */
export const SMALL_CLIP = { width: 640, height: 360, fps: 25, mbps: 1 } as const;

export async function startUnit(options: {
  /** Each its own kind of camera. */
  cameras: SimulatorProcessOptions[];
  /** Default: every camera is a channel from the start. */
  channels?: StackOptions['channels'];
  stack?: Partial<StackOptions>;
}): Promise<Unit> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-page.ts')], { cwd: ROOT });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-browser-'));
  const cameras: SimulatorProcess[] = [];
  let firstCamera = 1;
  for (const camera of options.cameras) {
    cameras.push(await startSimulatorProcess({ firstCamera, ...camera }));
    firstCamera += camera.cameras;
  }
  const urls = cameras.flatMap((simulator) => [...simulator.urls]);
  const stack = await createStack({
    folder,
    channels: options.channels ?? urls.map((url) => ({ url })),
    ...options.stack,
  });
  await stack.start();
  return {
    stack,
    cameras,
    async stop() {
      await stack.stop();
      for (const simulator of cameras) await simulator.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
