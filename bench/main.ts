import { isAppError, messageOf } from '../src/base/errors.ts';

/** `scripts/bench WORD [options]`: each word is a benchmark of its own, in a folder of its own. */
const BENCHMARKS: Record<string, { about: string; load: () => Promise<{ run(argv: string[]): Promise<void> }> }> = {
  record: {
    about: 'the recorder against one ffmpeg -c copy process per channel',
    load: () => import('./record/main.ts'),
  },
  intake: {
    about: 'packets to frames, from memory, without sockets and drives',
    load: () => import('./intake/main.ts'),
  },
};

const HELP = `scripts/bench WORD [options]   (scripts/bench WORD --help)\n${Object.entries(BENCHMARKS)
  .map(([word, { about }]) => `  ${word}  ${about}`)
  .join('\n')}`;

// Not the default, which skips what is done at exit: ending the processes that were started.
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

const [word = '--help', ...argv] = process.argv.slice(2);
const benchmark = BENCHMARKS[word];
if (word === '--help') {
  console.log(HELP);
} else if (benchmark === undefined) {
  console.error(`scripts/bench: unknown benchmark "${word}"\n${HELP}`);
  process.exitCode = 2;
} else {
  try {
    await (await benchmark.load()).run(argv);
  } catch (error) {
    console.error(`scripts/bench ${word}: ${messageOf(error)}`);
    process.exitCode = isAppError(error, 'bad-input') ? 2 : 1;
  }
}
