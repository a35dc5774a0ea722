import { spawn } from 'node:child_process';
import { AppError, errnoCode } from '../../src/base/errors.ts';

/** Enough of ffmpeg's complaint to see what is wrong. */
const MAX_MESSAGE_CHARS = 2000;
/** A clip of two minutes of H.265 at 4K on a slow board. */
const MAX_RUN_MS = 10 * 60_000;

export function defaultFfmpegPath(): string {
  return process.env.HOLDFAST_FFMPEG || 'ffmpeg';
}

/** Runs ffmpeg to its end; `input` goes to its standard input. */
export async function runFfmpeg(path: string, args: readonly string[], input: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const child = spawn(path, ['-nostdin', '-hide_banner', '-v', 'error', ...args], {
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: MAX_RUN_MS,
    });
    let message = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      if (message.length < MAX_MESSAGE_CHARS) message += text;
    });
    child.on('error', (error) => reject(startError(path, error)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new AppError('internal', `${path} ended with ${signal ?? code}: ${message.trim()}`));
    });
    // ffmpeg may refuse its arguments before it has read the input; its exit code tells more than the broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function startError(path: string, error: Error): AppError {
  const why = errnoCode(error) === 'ENOENT' ? 'not found' : error.message;
  return new AppError(
    'not-found',
    `ffmpeg (${path}): ${why}. It makes the simulated cameras' pictures: install it (Debian: apt-get install ffmpeg), ` +
      'name it in HOLDFAST_FFMPEG, or play your own clips with --clips FOLDER',
    { cause: error },
  );
}
