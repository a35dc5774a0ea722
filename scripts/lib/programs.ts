import { join } from 'node:path';
import { threadPoolSize } from '../../src/disk/thread-pool.ts';
import type { ProgramCommand } from './supervisor.ts';

/** How the product's two processes are started; on the appliance the same stands in their systemd units. */
const ROOT = join(import.meta.dirname, '../..');

export function recorderProgram(options: { stateDir: string; driveCount: number }): ProgramCommand {
  return {
    name: 'recorder',
    args: [join(ROOT, 'src/recorder.ts'), '--state', options.stateDir],
    env: { UV_THREADPOOL_SIZE: String(threadPoolSize(options.driveCount)) },
  };
}

export function controlProgram(options: {
  stateDir: string;
  modelFile: string;
  listen: string;
  driveCount: number;
  /** Read at the first start alone. */
  seedFile?: string;
}): ProgramCommand {
  const { stateDir, modelFile, listen, driveCount, seedFile } = options;
  return {
    name: 'control',
    args: [
      join(ROOT, 'src/control.ts'),
      ...['--state', stateDir, '--model', modelFile, '--listen', listen, '--page', join(ROOT, 'dist/page')],
      ...(seedFile === undefined ? [] : ['--settings', seedFile]),
    ],
    env: { UV_THREADPOOL_SIZE: String(threadPoolSize(driveCount)) },
  };
}
