import { describeOptions, type OptionTable, parseOptions } from '../../scripts/lib/arguments.ts';
import { AppError } from '../../src/base/errors.ts';

export interface RecordOptions {
  channels: number;
  mbps: number;
  seconds: number;
  watchers: number;
  isJson: boolean;
  /** Undefined: a fresh folder, removed at the end. */
  dataDir: string | undefined;
}

const TABLE = {
  channels: { kind: 'number', min: 1, max: 254, isInteger: true, help: 'cameras that are recorded (64)' },
  mbps: { kind: 'number', min: 0.1, max: 50, help: 'megabits per second of each camera (2)' },
  seconds: { kind: 'number', min: 1, max: 86_400, help: 'length of each of the two measurements (30)' },
  watchers: { kind: 'number', min: 0, max: 1_024, isInteger: true, help: 'live clients, spread over the channels (0)' },
  data: { kind: 'text', what: 'DIR', help: 'empty folder for what is recorded, kept (default: a fresh one, removed)' },
  json: { kind: 'flag', help: 'one JSON object as the last line' },
  help: { kind: 'flag', help: 'this text' },
} as const satisfies OptionTable;

/** Undefined when help was asked for, and printed. */
export function parseRecordOptions(argv: readonly string[]): RecordOptions | undefined {
  const given = parseOptions(argv, TABLE);
  if (given.help) {
    console.log(`scripts/bench record [options]\n${describeOptions(TABLE)}`);
    return undefined;
  }
  const options = {
    channels: given.channels ?? 64,
    mbps: given.mbps ?? 2,
    seconds: given.seconds ?? 30,
    watchers: given.watchers ?? 0,
    isJson: given.json,
    dataDir: given.data,
  };
  // What the simulator sends is in memory; what it can send at all ends at about this on one core.
  if (options.channels * options.mbps > 1_000) {
    const total = options.channels * options.mbps;
    throw new AppError(
      'bad-input',
      `--channels ${options.channels} --mbps ${options.mbps}: ${total} Mbps, at most 1000`,
    );
  }
  return options;
}
