import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from './errors.ts';

/**
 * Makes a folder and those above it. Node's own `recursive` never ends where a parent says that it does not exist although it
 * does, as below `/proc`; here the system's error comes out.
 */
export async function makeFolder(path: string): Promise<void> {
  if (await tryMake(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path);
}

/** False when the folder above it is missing. */
async function tryMake(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}
