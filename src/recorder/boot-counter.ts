import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { errnoCode } from '../base/errors.ts';

/**
 * The number of this start of the recorder, from 1. It is part of every segment's name: clocks step, a count does not. A lost file is
 * replaced by the time in seconds, which is larger than any count before it.
 */
export async function nextBoot(path: string, nowUtcMs: number): Promise<number> {
  const boot = (await lastBoot(path, nowUtcMs)) + 1;
  await writeFileAtomic(path, `${JSON.stringify({ boot })}\n`);
  return boot;
}

async function lastBoot(path: string, nowUtcMs: number): Promise<number> {
  try {
    const match = /"boot"\s*:\s*(\d{1,10})\b/.exec(await readFile(path, 'utf8'));
    return match ? Number(match[1]) : Math.floor(nowUtcMs / 1000);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
