import { rename, rm, stat } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { errnoCode } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { Catalog } from './catalog.ts';
import { checkDatabase } from './database.ts';
import { CATALOG_VERSION } from './schema.ts';

/** SQLite keeps these beside its file. */
const COMPANIONS = ['-wal', '-shm'];

/**
 * A started catalog. A damaged file is set aside (`.damaged`, one is kept, for whoever wants to know why), one of another version
 * is dropped; the empty one that takes its place is filled by the first catch-up.
 */
export async function openCatalog(options: { path: string; clock: Clock; log: Log }): Promise<Catalog> {
  const { path, log } = options;
  if (await exists(path)) {
    const damage = await checkDatabase(path);
    if (damage !== undefined) {
      log.warn({ path, damage }, 'catalog is damaged: it is set aside and built anew from the drives');
      await setAside(path);
    }
  }
  const catalog = new Catalog({ path });
  await catalog.start();
  if ((await catalog.version()) === CATALOG_VERSION) return catalog;
  log.info({ path }, 'catalog is of another version: it is built anew from the drives');
  await catalog.stop();
  await remove(path);
  await catalog.start();
  return catalog;
}

async function setAside(path: string): Promise<void> {
  await rename(path, `${path}.damaged`);
  for (const companion of COMPANIONS) await rm(`${path}${companion}`, { force: true });
}

async function remove(path: string): Promise<void> {
  for (const companion of ['', ...COMPANIONS]) await rm(`${path}${companion}`, { force: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw error;
  }
}
