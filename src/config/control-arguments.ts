import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, messageOf } from '../base/errors.ts';

const USAGE =
  'usage: control --state DIR --model FILE [--listen HOST:PORT] [--page DIR] [--settings FILE] [--rebuild-catalog]';

/** The command line of the control process. */
export interface ControlArguments {
  readonly state: string;
  readonly model: string;
  readonly listen: string | undefined;
  readonly page: string;
  /** Seed at the first start. */
  readonly settings: string | undefined;
  readonly isRebuild: boolean;
}

/** AppError `bad-input` with the usage when it is not as it should be. */
export function readControlArguments(argv: string[]): ControlArguments {
  const text = { type: 'string' } as const;
  const options = {
    ...{ state: text, model: text, listen: text, page: text, settings: text },
    'rebuild-catalog': { type: 'boolean' },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    values = parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new AppError('bad-input', `${messageOf(error)}\n${USAGE}`, { cause: error });
  }
  const { state, model, listen, settings } = values;
  if (!state || !model) throw new AppError('bad-input', USAGE);
  const page = values.page ?? join(import.meta.dirname, '../../dist/page');
  return { state, model, listen, page, settings, isRebuild: values['rebuild-catalog'] ?? false };
}
