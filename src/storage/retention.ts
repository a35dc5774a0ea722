import { DAY_MS } from '../base/units.ts';
import type { CatalogSegment } from '../catalog/rows.ts';
import type { PlanLock } from '../link/plan.ts';

/** One message to the recorder; more wait for the next run. */
export const MAX_PATHS_PER_REQUEST = 1000;

export interface Deletion {
  readonly driveId: string;
  readonly paths: readonly string[];
}

/** Footage that ended before this is too old; undefined when room alone decides. */
export function expiryUtcMs(maxAgeDays: number | null, nowUtcMs: number): number | undefined {
  return maxAgeDays === null ? undefined : nowUtcMs - maxAgeDays * DAY_MS;
}

/** What to delete of the segments that are too old, whole segments, per drive and in batches. A lock comes before the maximum age. */
export function deletionsOf(expired: readonly CatalogSegment[], locks: readonly PlanLock[]): Deletion[] {
  const byDrive = new Map<string, string[]>();
  for (const segment of expired) {
    if (locks.some((lock) => isLocked(segment, lock))) continue;
    const paths = byDrive.get(segment.driveId) ?? [];
    paths.push(segment.path);
    byDrive.set(segment.driveId, paths);
  }
  const deletions: Deletion[] = [];
  for (const [driveId, paths] of byDrive) {
    for (let index = 0; index < paths.length; index += MAX_PATHS_PER_REQUEST) {
      deletions.push({ driveId, paths: paths.slice(index, index + MAX_PATHS_PER_REQUEST) });
    }
  }
  return deletions;
}

export function isLocked(segment: CatalogSegment, lock: PlanLock): boolean {
  return (
    segment.channelId === lock.channelId &&
    segment.startUtcMs < lock.toUtcMs &&
    (segment.endUtcMs ?? Number.POSITIVE_INFINITY) > lock.fromUtcMs
  );
}
