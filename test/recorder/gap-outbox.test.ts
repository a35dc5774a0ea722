import { expect, it } from 'vitest';
import type { GapEntry } from '../../src/archive/entries.ts';
import { GapOutbox } from '../../src/recorder/gap-outbox.ts';

const T = Date.UTC(2026, 0, 1);

function row(id: string, toMs: number | null): GapEntry {
  const toUtcMs = toMs === null ? null : T + toMs;
  return {
    kind: 'gap',
    id,
    unit: '01234567',
    channelId: 'aaaaaaaa',
    fromUtcMs: T,
    toUtcMs,
    cause: 'drive-full',
    detail: '',
  };
}

it('a gap that had no length is written nowhere, unless it stands open in the ledger', () => {
  const open = new Set<string>();
  const outbox = new GapOutbox((id) => open.has(id));
  for (const entry of [row('a', null), row('b', null), row('a', 0), row('c', 0), row('d', 5)]) outbox.push(entry);
  expect(outbox.take()).toEqual([row('b', null), row('d', 5)]);
  open.add('b');
  outbox.push(row('b', 0));
  expect(outbox.take()).toEqual([row('b', 0)]);
  open.delete('b');
  outbox.push(row('b', 0));
  expect(outbox.take()).toEqual([]);
});
