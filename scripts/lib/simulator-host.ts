import { messageOf } from '../../src/base/errors.ts';
import type { Fault, FaultName } from '../../test/sim/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../test/sim/simulator.ts';

/** What `simulator-process.ts` asks of the simulator over the channel between parent and child. */
export type SimulatorRequest =
  | { id: number; kind: 'start'; options: SimulatorOptions }
  | { id: number; kind: 'counters' }
  | { id: number; kind: 'set-fault'; camera: number; fault: Fault }
  | { id: number; kind: 'clear-fault'; camera: number; fault: FaultName }
  | { id: number; kind: 'stop' };

export type SimulatorReply = { id: number; value?: unknown; error?: string };

let simulator: Simulator | undefined;

process.on('message', (request: SimulatorRequest) => {
  handle(request).then(
    (value) => reply({ id: request.id, value }),
    (error: unknown) => reply({ id: request.id, error: messageOf(error) }),
  );
});
// The parent has stopped it, or was killed: no camera stays behind.
process.on('disconnect', () => process.exit(0));
// Ctrl-C is for the parent, which lets the recorder say goodbye to the cameras first.
process.on('SIGINT', () => undefined);

async function handle(request: SimulatorRequest): Promise<unknown> {
  if (request.kind === 'start') {
    simulator = await startSimulator(request.options);
    return simulator.cameras.map((camera) => camera.url);
  }
  if (simulator === undefined) throw new Error('the simulator was not started');
  switch (request.kind) {
    case 'counters':
      return simulator.cameras.map((camera) => camera.counters());
    case 'set-fault':
      return simulator.camera(request.camera).setFault(request.fault);
    case 'clear-fault':
      return simulator.camera(request.camera).clearFault(request.fault);
    case 'stop':
      return simulator.stop();
  }
}

function reply(message: SimulatorReply): void {
  process.send?.(message);
}
