import type { Clock } from '../base/clock.ts';
import type { Catalog, MountedDrive } from './catalog.ts';
import { readDrive, readLedger } from './read-source.ts';

export interface RebuildResult {
  readonly entries: number;
  readonly unreadable: number;
  readonly durationMs: number;
}

/** Empties the catalog and fills it from the drives and the ledger alone. A drive that is away is read when it comes back. */
export async function rebuildCatalog(options: {
  catalog: Catalog;
  ledgerFolder: string;
  drives: readonly MountedDrive[];
  clock: Clock;
}): Promise<RebuildResult> {
  const { catalog, ledgerFolder, drives, clock } = options;
  const startMs = clock.monotonicMs();
  await catalog.clear();
  await catalog.setDrives(drives);
  const results = await Promise.all([
    readLedger(catalog, ledgerFolder),
    ...drives.map((drive) => readDrive(catalog, drive, { nowUtcMs: clock.nowUtcMs() })),
  ]);
  return {
    entries: results.reduce((sum, result) => sum + result.entries, 0),
    unreadable: results.reduce((sum, result) => sum + result.unreadable, 0),
    durationMs: Math.round(clock.monotonicMs() - startMs),
  };
}
