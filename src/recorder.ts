import { parseArgs } from 'node:util';
import { systemClock } from './base/clock.ts';
import { AppError, messageOf } from './base/errors.ts';
import { createLog } from './base/log.ts';
import { readOrCreateUnit, statePaths } from './link/state.ts';
import { nextBoot } from './recorder/boot-counter.ts';
import { Recorder } from './recorder/recorder.ts';

/*
 * The recorder process: records from the last good plan, alone if need be.
 *
 *   node src/recorder.ts --state DIR
 */
const log = createLog('recorder');

const USAGE = 'usage: recorder --state DIR';

async function main(): Promise<void> {
  const paths = statePaths(readStateFolder(process.argv.slice(2)));
  const unit = await readOrCreateUnit(paths);
  const boot = await nextBoot(paths.boot, systemClock.nowUtcMs());
  const recorder = new Recorder({ paths, unit, boot, clock: systemClock, log });
  await recorder.start();
  log.info({ unit, boot }, 'recorder started');

  let isStopping = false;
  const stop = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'recorder stopping');
    recorder.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function readStateFolder(argv: string[]): string {
  let state: string | undefined;
  try {
    state = parseArgs({ args: argv, options: { state: { type: 'string' } } }).values.state;
  } catch (error) {
    throw new AppError('bad-input', `${messageOf(error)}\n${USAGE}`, { cause: error });
  }
  if (!state) throw new AppError('bad-input', USAGE);
  return state;
}

function fail(error: unknown): never {
  log.error({ error: messageOf(error) }, 'recorder ended');
  process.exit(error instanceof AppError && error.kind === 'bad-input' ? 2 : 1);
}

main().catch(fail);
