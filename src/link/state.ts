import { randomBytes } from 'node:crypto';
import { link, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { AppError, errnoCode } from '../base/errors.ts';
import { makeFolder } from '../base/make-folder.ts';

/** Where things lie on the state partition; both processes use it, each writes only its own files. */
export interface StatePaths {
  readonly root: string;
  readonly unit: string; // either process, once
  readonly boot: string; // recorder
  readonly plan: string; // recorder
  readonly heartbeat: string; // recorder
  readonly ledger: string; // recorder
  readonly certificates: string; // recorder
  readonly refusals: string; // recorder
  readonly settings: string; // control, as all that follow
  readonly settingsHistory: string;
  readonly auth: string;
  readonly locks: string;
  readonly audit: string;
  readonly planRevision: string;
  readonly catalog: string;
  readonly tls: string;
  readonly unitKey: string;
  readonly socket: string; // recorder listens, control connects
}

export function statePaths(root: string): StatePaths {
  return {
    root,
    unit: join(root, 'unit.json'),
    boot: join(root, 'boot.json'),
    plan: join(root, 'plan.json'),
    heartbeat: join(root, 'heartbeat.json'),
    ledger: join(root, 'ledger'),
    certificates: join(root, 'camera-certificates.json'),
    refusals: join(root, 'camera-refusals.json'),
    settings: join(root, 'settings.json'),
    settingsHistory: join(root, 'settings-history'),
    auth: join(root, 'auth.json'),
    locks: join(root, 'locks.json'),
    audit: join(root, 'audit'),
    planRevision: join(root, 'plan-revision.json'),
    catalog: join(root, 'catalog.sqlite'),
    tls: join(root, 'tls'),
    unitKey: join(root, 'unit.key'),
    socket: join(root, 'link.sock'),
  };
}

/** The identity of this appliance, 8 hexadecimal digits; made at the first start of whichever process comes first. */
export async function readOrCreateUnit(paths: StatePaths): Promise<string> {
  await makeFolder(paths.root);
  const existing = await readUnit(paths.unit);
  if (existing !== undefined) return existing;
  await offerUnit(paths.unit, randomBytes(4).toString('hex'));
  const unit = await readUnit(paths.unit);
  if (unit === undefined) throw new AppError('corrupt', `${paths.unit}: vanished after it was written`);
  return unit;
}

/** Both processes may get here at the same first start: a link is made by one of them only, and never replaces the other's. */
async function offerUnit(path: string, unit: string): Promise<void> {
  const offer = `${path}.${unit}`;
  await writeFileAtomic(offer, `${JSON.stringify({ unit })}\n`);
  try {
    await link(offer, path);
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
  }
  await unlink(offer);
}

async function readUnit(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const unit = /"unit"\s*:\s*"([0-9a-f]{8})"/.exec(text)?.[1];
  if (unit === undefined) throw new AppError('corrupt', `${path}: holds no unit id of 8 hexadecimal digits`);
  return unit;
}
