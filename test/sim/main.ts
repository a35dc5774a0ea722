import { createInterface } from 'node:readline';
import { isAppError } from '../../src/base/errors.ts';
import { type CommandLine, parseCommandLine, USAGE } from './command-line.ts';
import { runConsoleLine } from './console.ts';
import { ControlServer, describeCamera } from './control-server.ts';
import { type Simulator, startSimulator } from './simulator.ts';

try {
  const commandLine = parseCommandLine(process.argv.slice(2));
  if (commandLine.wantsHelp) process.stdout.write(`${USAGE}\n`);
  else await run(commandLine);
} catch (error) {
  if (!isAppError(error)) throw error;
  process.stderr.write(`simulate: ${error.message}\n`);
  process.exitCode = error.kind === 'bad-input' ? 2 : 1;
}

async function run(commandLine: CommandLine): Promise<void> {
  const simulator = await startSimulator(commandLine.simulator);
  const control =
    commandLine.controlPort === undefined ? undefined : new ControlServer(simulator, commandLine.controlPort);
  try {
    const controlUrl = await control?.start();
    announce(simulator, controlUrl, commandLine.isJson);
    await untilAskedToStop(simulator);
  } finally {
    await control?.stop();
    await simulator.stop();
  }
}

function announce(simulator: Simulator, controlUrl: string | undefined, isJson: boolean): void {
  if (isJson) {
    const cameras = simulator.cameras.map(describeCamera);
    process.stdout.write(`${JSON.stringify({ control: controlUrl, cameras })}\n`);
    return;
  }
  for (const camera of simulator.cameras) process.stdout.write(`${camera.url}\n`);
  if (controlUrl) process.stderr.write(`control: ${controlUrl}/cameras\n`);
}

/** Resolves on SIGINT, SIGTERM or a typed `quit`. The end of standard input is none: services have it closed. */
async function untilAskedToStop(simulator: Simulator): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    lines.on('line', (line) => {
      void runConsoleLine(simulator, line).then((answer) => {
        if (answer === 'quit') resolve();
        else if (answer !== '') process.stderr.write(`${answer}\n`);
      });
    });
  });
  lines.close();
  process.stdin.destroy(); // an open pipe would keep the process alive
}
