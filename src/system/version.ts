import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Of the product, as its package says. */
export async function productVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8');
  return /"version"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? 'unknown';
}
