import { constants } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../base/errors.ts';
import { decodeLine } from '../base/ndjson.ts';
import { closeFd, openFd, readFully, statFd } from '../disk/raw-file.ts';
import { isDay } from './layout.ts';

/** Lines are below 1 kB; a torn or damaged end is passed over by looking at this much. */
const TAIL_BYTES = 64 * 1024;

/** The days that have a journal file, oldest first. A folder that does not exist has none. */
export async function journalDays(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoCode(error) === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => name.slice(0, -'.ndjson'.length))
    .filter(isDay)
    .sort();
}

/**
 * The number of the last line, 0 without any. The newest file by name has it, unless the clock was set back: then it is in the newest
 * one that is not in the future.
 */
export async function lastNumberOf(folder: string, today: string): Promise<number> {
  const days = await journalDays(folder);
  const candidates = new Set([...days.slice(-2), ...days.filter((day) => day <= today).slice(-2)]);
  let last = 0;
  for (const day of candidates) last = Math.max(last, await lastNumberOfDay(folder, day));
  return last;
}

/** The highest number among the last lines of a day, 0 without any that is intact. */
export async function lastNumberOfDay(folder: string, day: string): Promise<number> {
  const fd = await openFd(join(folder, `${day}.ndjson`), constants.O_RDONLY);
  try {
    const { size } = await statFd(fd);
    const start = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - start);
    const read = await readFully(fd, bytes, start);
    const numbers = bytes
      .toString('utf8', 0, read)
      .split('\n')
      .map((line) => decodeLine(line)?.n)
      .filter((n): n is number => Number.isSafeInteger(n));
    return Math.max(0, ...numbers);
  } finally {
    await closeFd(fd);
  }
}
