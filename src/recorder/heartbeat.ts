import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { errnoCode } from '../base/errors.ts';

/**
 * When the recorder was last alive and how far each channel's footage went, so that after a crash or a power cut the gap has a
 * beginning even where no drive can tell it.
 */
export interface Heartbeat {
  readonly atUtcMs: number;
  readonly lastFootageUtcMs: Readonly<Record<string, number>>;
}

/** A compromise: the flash of the state partition takes 6 million such writes a year, the gap's beginning is known to 5 s. */
export const HEARTBEAT_EVERY_MS = 5_000;

export async function writeHeartbeat(path: string, heartbeat: Heartbeat): Promise<void> {
  await writeFileAtomic(path, JSON.stringify(heartbeat));
}

/** Undefined at the first start, or when the file is not what it should be: then the drives alone tell. */
export async function readHeartbeat(path: string): Promise<Heartbeat | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value = JSON.parse(text) as Partial<Heartbeat>;
    if (typeof value.atUtcMs !== 'number' || typeof value.lastFootageUtcMs !== 'object') return undefined;
    return { atUtcMs: value.atUtcMs, lastFootageUtcMs: value.lastFootageUtcMs ?? {} };
  } catch {
    return undefined;
  }
}
