import { describeOptions, type OptionTable, parseOptions } from '../../scripts/lib/arguments.ts';

export interface IntakeOptions {
  channels: number;
  mbps: number;
  seconds: number;
  codec: 'h264' | 'h265';
  isJson: boolean;
}

const TABLE = {
  channels: { kind: 'number', min: 1, max: 254, isInteger: true, help: 'streams that are taken in, in turn (64)' },
  mbps: { kind: 'number', min: 0.1, max: 50, help: 'megabits per second of each (2)' },
  seconds: { kind: 'number', min: 1, max: 600, help: 'processor time of the measurement, about (5)' },
  h265: { kind: 'flag', help: 'H.265 in place of H.264' },
  json: { kind: 'flag', help: 'one JSON object as the last line' },
  help: { kind: 'flag', help: 'this text' },
} as const satisfies OptionTable;

/** Undefined when help was asked for, and printed. */
export function parseIntakeOptions(argv: readonly string[]): IntakeOptions | undefined {
  const given = parseOptions(argv, TABLE);
  if (given.help) {
    console.log(`scripts/bench intake [options]\n${describeOptions(TABLE)}`);
    return undefined;
  }
  return {
    channels: given.channels ?? 64,
    mbps: given.mbps ?? 2,
    seconds: given.seconds ?? 5,
    codec: given.h265 ? 'h265' : 'h264',
    isJson: given.json,
  };
}
