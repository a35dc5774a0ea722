import { AppError, messageOf } from '../../src/base/errors.ts';
import { FAULT_NAMES, faultUsage, parseFaultWords } from './faults.ts';
import type { Simulator } from './simulator.ts';

const HELP = `list                      cameras, their addresses, clients and faults
counters                  frames and bytes sent by each camera
fault N KIND [VALUES]     switch a fault on
clear N [KIND]            switch one fault off, or all of a camera
quit                      stop
kinds of fault:
${FAULT_NAMES.map((kind) => `  ${faultUsage(kind)}`).join('\n')}`;

/** Carries out one typed line. Returns what to print; 'quit' asks to stop. */
export async function runConsoleLine(simulator: Simulator, line: string): Promise<string | 'quit'> {
  const [verb, number, ...words] = line.trim().split(/\s+/);
  try {
    switch (verb) {
      case '':
      case undefined:
        return '';
      case 'help':
        return HELP;
      case 'list':
        return listCameras(simulator);
      case 'counters':
        return listCounters(simulator);
      case 'fault':
        await cameraOf(simulator, number).setFault(parseFaultWords(words));
        return `camera ${number}: ${words.join(' ')}`;
      case 'clear':
        return await clear(simulator, number, words[0]);
      case 'quit':
        return 'quit';
      default:
        throw new AppError('bad-input', `unknown word ${verb}; type help`);
    }
  } catch (error) {
    return `error: ${messageOf(error)}`;
  }
}

async function clear(simulator: Simulator, number: string | undefined, kind: string | undefined): Promise<string> {
  const camera = cameraOf(simulator, number);
  if (kind === undefined) {
    await camera.clearFaults();
    return `camera ${number}: no faults`;
  }
  const known = FAULT_NAMES.find((name) => name === kind);
  if (!known) throw new AppError('bad-input', `unknown fault ${kind}, known: ${FAULT_NAMES.join(', ')}`);
  await camera.clearFault(known);
  return `camera ${number}: ${kind} cleared`;
}

function cameraOf(simulator: Simulator, number: string | undefined) {
  if (!number || !/^\d+$/.test(number)) {
    throw new AppError('bad-input', `expected a camera's number, got ${number ?? 'nothing'}`);
  }
  return simulator.camera(Number(number));
}

function listCameras(simulator: Simulator): string {
  return simulator.cameras
    .map((camera) => {
      const faults = camera.faults().map((fault) => fault.kind);
      const state = faults.length > 0 ? faults.join(', ') : 'no faults';
      return `${camera.number}  ${camera.url}  ${camera.counters().connections} connections  ${state}`;
    })
    .join('\n');
}

function listCounters(simulator: Simulator): string {
  return simulator.cameras
    .flatMap((camera) => {
      const { main, sub } = camera.counters();
      return [
        { name: 'main', counters: main },
        { name: 'sub', counters: sub },
      ].map(({ name, counters }) =>
        counters
          ? `${camera.number} ${name}: ${counters.framesSent} frames, ${counters.bytesSent} bytes sent, ` +
            `${counters.framesDropped} dropped, ${counters.framesWithheld} withheld, ${counters.framesDamaged} damaged, ` +
            `${counters.sessions.length} sessions`
          : '',
      );
    })
    .filter((line) => line !== '')
    .join('\n');
}
