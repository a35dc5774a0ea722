import { execFile } from 'node:child_process';

/** Longest message kept of a file; one broken picture can make hundreds of lines. */
const MAX_MESSAGE_CHARS = 500;

/** What ffmpeg says against a file when it decodes every frame of it; undefined when it says nothing. */
export function findDecodeError(path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    // Frames keep the file's own times: rounded to a nominal frame rate, two that were slewed together would count as an error.
    const times = ['-fps_mode', 'passthrough', '-enc_time_base', '-1'];
    const args = ['-v', 'error', '-xerror', '-i', path, ...times, '-f', 'null', '-'];
    execFile('ffmpeg', args, (error, _stdout, stderr) => {
      if (error && 'code' in error && error.code === 'ENOENT') reject(error);
      else if (error || stderr.trim() !== '') resolve((stderr.trim() || String(error)).slice(0, MAX_MESSAGE_CHARS));
      else resolve(undefined);
    });
  });
}
