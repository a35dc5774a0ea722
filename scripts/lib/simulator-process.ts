import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from '../../src/base/errors.ts';
import type { CameraCounters } from '../../test/sim/camera.ts';
import type { Fault, FaultName } from '../../test/sim/faults.ts';
import type { SimulatorOptions } from '../../test/sim/simulator.ts';
import type { SimulatorReply, SimulatorRequest } from './simulator-host.ts';

/** Simulated cameras in a process of their own, so that neither their cost nor their timing mixes with who looks. */
export interface SimulatorProcess {
  readonly pid: number;
  /** Main streams, in the order of the cameras, without credentials. */
  readonly urls: readonly string[];
  counters(): Promise<CameraCounters[]>;
  setFault(camera: number, fault: Fault): Promise<void>;
  clearFault(camera: number, fault: FaultName): Promise<void>;
  stop(): Promise<void>;
}

/** Whatever travels between processes as JSON. */
export type SimulatorProcessOptions = Omit<SimulatorOptions, 'clock'>;

type Question = SimulatorRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, 'id'>
    : never
  : never;

export async function startSimulatorProcess(options: SimulatorProcessOptions): Promise<SimulatorProcess> {
  const child = fork(join(import.meta.dirname, 'simulator-host.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ask = createAsker(child);
  // Port 0: a free one for each camera, so that demo, tests and benchmark may run side by side.
  const urls = (await ask({ kind: 'start', options: { port: 0, ...options } })) as string[];
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid ?? 0,
    urls,
    counters: async () => (await ask({ kind: 'counters' })) as CameraCounters[],
    setFault: async (camera, fault) => void (await ask({ kind: 'set-fault', camera, fault })),
    clearFault: async (camera, fault) => void (await ask({ kind: 'clear-fault', camera, fault })),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await ask({ kind: 'stop' });
      child.disconnect(); // it ends by that
      await exited;
    },
  };
}

function createAsker(child: ChildProcess): (question: Question) => Promise<unknown> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on('message', ({ id, value, error }: SimulatorReply) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new AppError('internal', `simulator: ${error}`));
  });
  child.once('exit', (code, signal) => {
    for (const asked of waiting.values()) asked.reject(new AppError('internal', `simulator ended (${signal ?? code})`));
    waiting.clear();
  });
  return (question) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      child.send({ ...question, id } as SimulatorRequest);
    });
}
