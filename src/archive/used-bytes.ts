import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode } from '../base/errors.ts';
import { walkSegments } from './walk.ts';

/** Sizes of all segments of a drive together, for a folder that has a capacity of its own. One `lstat` a file. */
export async function measureUsedBytes(root: string): Promise<number> {
  let sum = 0;
  for await (const { path } of walkSegments(root)) sum += await sizeOf(join(root, path));
  return sum;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return 0; // deleted since it was listed
    throw error;
  }
}
