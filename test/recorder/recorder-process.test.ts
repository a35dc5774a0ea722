import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const RECORDER = join(import.meta.dirname, '../../src/recorder.ts');

it.each([
  {
    name: 'a misspelt option',
    args: ['--stat', '/tmp'],
    message: /Unknown option '--stat'.*usage: recorder --state DIR/,
  },
  { name: 'no folder', args: [], message: /usage: recorder --state DIR/ },
])('the recorder with $name says how it is called, exit code 2', async ({ args, message }) => {
  const { code, err } = await new Promise<{ code: unknown; err: string }>((resolve) => {
    execFile(process.execPath, [RECORDER, ...args], (error, out, err) =>
      resolve({ code: error?.code, err: out + err }),
    );
  });
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
