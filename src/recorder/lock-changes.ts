import type { LockEntry } from '../archive/entries.ts';
import type { PlanLock } from '../link/plan.ts';

/** What the ledger has to learn of: new and changed locks as they are; a lifted one ends before it begins. */
export function lockChanges(before: readonly PlanLock[], after: readonly PlanLock[]): LockEntry[] {
  const known = new Map(before.map((lock) => [lock.id, lock]));
  const changed = after.filter((lock) => JSON.stringify(known.get(lock.id)) !== JSON.stringify(lock));
  const lifted = before.filter(({ id }) => !after.some((lock) => lock.id === id));
  return [
    ...changed.map((lock): LockEntry => ({ kind: 'lock', ...lock })),
    ...lifted.map((lock): LockEntry => ({ kind: 'lock', ...lock, toUtcMs: lock.fromUtcMs - 1 })),
  ];
}
