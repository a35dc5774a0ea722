import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createDriveLabel, readDriveLabel } from '../archive/drive-label.ts';
import { errnoCode, isAppError, messageOf } from '../base/errors.ts';
import type { Bay } from './model.ts';

/** What sits in a bay, as far as the bay itself tells; whether it takes footage is the recorder's word. */
export type BayFacts =
  | {
      readonly state: 'ready';
      readonly driveId: string;
      readonly driveLabel: string;
      readonly capacityBytes: number;
      readonly freeBytes: number;
      /** Device and inode of the root: another value is another insertion. */
      readonly insertion: string;
    }
  /** `gone`: nothing is in the bay. `unknown`: something, but not a drive of ours. `failed`: one that cannot be used. */
  | { readonly state: 'gone' | 'unknown' | 'failed'; readonly detail: string };

export interface InspectContext {
  readonly unit: string;
  readonly nowUtcMs: number;
}

/** mkfs leaves this behind; a file system with nothing else is empty. */
const IGNORED = new Set(['lost+found']);

/** Looks at one bay. Writes only where `adoptBlank` allows it, into an empty folder that exists; never makes the folder itself. */
export async function inspectBay(bay: Bay, context: InspectContext): Promise<BayFacts> {
  try {
    const root = await stat(bay.path);
    if (!root.isDirectory()) return { state: 'failed', detail: `${bay.path} is not a folder` };
    // A folder on which nothing is mounted leads to the system's own disk.
    if (bay.kind === 'mount' && (await stat(dirname(bay.path))).dev === root.dev) {
      return { state: 'gone', detail: `nothing is mounted at ${bay.path}` };
    }
    const label = (await readDriveLabel(bay.path)) ?? (await adopt(bay, context));
    if (label === undefined) return { state: 'unknown', detail: await whyUnknown(bay) };
    await access(bay.path, constants.R_OK | constants.W_OK | constants.X_OK);
    const { capacityBytes, freeBytes } = await roomOf(bay);
    return {
      state: 'ready',
      driveId: label.id,
      driveLabel: label.label,
      capacityBytes,
      freeBytes,
      insertion: `${root.dev}:${root.ino}`,
    };
  } catch (error) {
    return factsOfError(bay, error);
  }
}

async function adopt(bay: Bay, context: InspectContext) {
  if (!bay.adoptBlank || !(await isEmpty(bay.path))) return undefined;
  return createDriveLabel(bay.path, { label: bay.label, unit: context.unit, nowUtcMs: context.nowUtcMs });
}

async function isEmpty(path: string): Promise<boolean> {
  return (await readdir(path)).every((name) => IGNORED.has(name));
}

async function whyUnknown(bay: Bay): Promise<string> {
  return (await isEmpty(bay.path))
    ? `${bay.path} is empty and has not been made a drive of ours`
    : `${bay.path} is not empty and has no drive label: it is left as it is`;
}

async function roomOf(bay: Bay): Promise<{ capacityBytes: number; freeBytes: number }> {
  const { bsize, blocks, bavail } = await statfs(bay.path);
  const capacityBytes = Math.min(blocks * bsize, (bay.capacityMB ?? Number.POSITIVE_INFINITY) * 1_000_000);
  return { capacityBytes, freeBytes: Math.min(bavail * bsize, capacityBytes) };
}

function factsOfError(bay: Bay, error: unknown): BayFacts {
  const code = errnoCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
      return { state: 'gone', detail: `${bay.path} does not exist` };
    case 'EACCES':
    case 'EPERM':
      return { state: 'failed', detail: `${bay.path}: no permission to read and write` };
    case 'EROFS':
      return { state: 'failed', detail: `${bay.path} is on a file system that is mounted read-only` };
    default: {
      const reason = isAppError(error) && code === undefined ? messageOf(error) : `${bay.path}: ${messageOf(error)}`;
      return { state: 'failed', detail: code === undefined ? reason : `${reason} (${code})` };
    }
  }
}
