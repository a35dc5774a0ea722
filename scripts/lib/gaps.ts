import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GapEntry } from '../../src/archive/entries.ts';
import { journalDays } from '../../src/archive/journal-files.ts';
import { decodeLine } from '../../src/base/ndjson.ts';
import { statePaths } from '../../src/link/state.ts';

/** The ledger's gaps, of one channel or of all; a later line with the same id replaces an earlier one. */
export async function readGaps(stateDir: string, channelId?: string): Promise<GapEntry[]> {
  const folder = statePaths(stateDir).ledger;
  const gaps = new Map<string, GapEntry>();
  for (const day of await journalDays(folder)) {
    const text = await readFile(join(folder, `${day}.ndjson`), 'utf8');
    for (const line of text.split('\n')) {
      const entry = decodeLine(line) as GapEntry | undefined;
      if (entry?.kind === 'gap') gaps.set(entry.id, entry);
    }
  }
  return [...gaps.values()]
    .filter((gap) => channelId === undefined || gap.channelId === channelId)
    .sort((a, b) => a.fromUtcMs - b.fromUtcMs);
}
