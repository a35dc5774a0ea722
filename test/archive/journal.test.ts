import { appendFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LockEntry, StoredEntry } from '../../src/archive/entries.ts';
import { JournalWriter } from '../../src/archive/journal.ts';
import { type JournalCounts, JournalParser, readJournal } from '../../src/archive/journal-reader.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { encodeLine } from '../../src/base/ndjson.ts';
import { DAY_MS } from '../../src/base/units.ts';
import { START_UTC_MS, temporaryFolder } from './temporary-drive.ts';

function lock(id: string): LockEntry {
  return { kind: 'lock', id, channelId: '7f3a91c2', fromUtcMs: 1, toUtcMs: 2 };
}

async function startWriter(folder: string, clock = new ManualClock(START_UTC_MS)): Promise<JournalWriter> {
  const writer = new JournalWriter({ folder, clock });
  await writer.start();
  return writer;
}

async function idsOf(folder: string, options: { afterN?: number; counts?: JournalCounts } = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const entry of readJournal(folder, options))
    ids.push(`${entry.n}:${'id' in entry ? entry.id : entry.kind}`);
  return ids;
}

describe('the journal', () => {
  it('numbers its lines, a file for each day, and goes on after a restart', async () => {
    const folder = temporaryFolder();
    const clock = new ManualClock(START_UTC_MS);
    const first = await startWriter(folder, clock);
    first.append(lock('a'));
    first.append(lock('b'));
    await first.flush();
    await clock.advance(DAY_MS);
    first.append(lock('c'));
    await first.stop();
    const second = await startWriter(folder, clock);
    expect(second.append(lock('d')).n).toBe(4);
    await second.stop();
    expect(await readdir(folder)).toEqual(['2026-03-01.ndjson', '2026-03-02.ndjson']);
    expect(await idsOf(folder)).toEqual(['1:a', '2:b', '3:c', '4:d']);
    expect(await idsOf(folder, { afterN: 2 })).toEqual(['3:c', '4:d']);
  });

  it('writes nothing before it is flushed', async () => {
    const folder = temporaryFolder();
    const writer = await startWriter(folder);
    writer.append(lock('a'));
    expect(await readdir(folder)).toEqual([]);
    expect(writer.pendingCount).toBe(1);
    await writer.stop();
    expect(writer.pendingCount).toBe(0);
  });

  it('loses only the line that a power cut tore, not the next one', async () => {
    const folder = temporaryFolder();
    const first = await startWriter(folder);
    first.append(lock('a'));
    first.append(lock('torn'));
    await first.stop();
    const path = join(folder, '2026-03-01.ndjson');
    await truncate(path, (await readFile(path)).length - 5);
    const second = await startWriter(folder);
    second.append(lock('c'));
    await second.stop();
    const counts = { entries: 0, damaged: 0, unknown: 0 };
    expect(await idsOf(folder, { counts })).toEqual(['1:a', '2:c']);
    expect(counts).toEqual({ entries: 2, damaged: 1, unknown: 0 });
  });

  it('goes on numbering when the clock was set back', async () => {
    const folder = temporaryFolder();
    const clock = new ManualClock(START_UTC_MS);
    const first = await startWriter(folder, clock);
    first.append(lock('a'));
    await first.flush();
    clock.stepWall(-400 * DAY_MS);
    first.append(lock('b'));
    await first.stop();
    await clock.advance(3 * DAY_MS);
    const second = await startWriter(folder, clock);
    expect(second.append(lock('c')).n).toBe(3);
    await second.stop();
  });

  it('keeps lines that could not be written, and writes them once, later', async () => {
    const folder = join(temporaryFolder(), 'drive');
    const writer = await startWriter(folder);
    writer.append(lock('a'));
    await expect(writer.flush()).rejects.toThrow('ENOENT');
    writer.append(lock('b'));
    await mkdir(folder);
    await writer.stop();
    expect(await idsOf(folder)).toEqual(['1:a', '2:b']);
  });

  it('passes over kinds that a later version writes, and counts them', async () => {
    const folder = temporaryFolder();
    const later = encodeLine({ n: 1, t: '2031-01-01T00:00:00Z', kind: 'from-the-future' });
    await writeFile(join(folder, '2026-03-01.ndjson'), later + encodeLine({ n: 2, t: 'x', ...lock('a'), more: 1 }));
    await writeFile(join(folder, 'notes.txt'), 'not a journal');
    const counts = { entries: 0, damaged: 0, unknown: 0 };
    expect(await idsOf(folder, { counts })).toEqual(['2:a']);
    expect(counts).toEqual({ entries: 1, damaged: 0, unknown: 1 });
  });

  it('of a folder that does not exist is empty', async () => {
    expect(await idsOf(join(temporaryFolder(), 'nothing'))).toEqual([]);
  });

  it('refuses a file on another device', async () => {
    const folder = temporaryFolder();
    const writer = new JournalWriter({ folder, clock: new ManualClock(START_UTC_MS), device: -1 });
    await writer.start();
    writer.append(lock('a'));
    await expect(writer.flush()).rejects.toThrow(/the drive is device -1/);
  });

  it('continues behind lines of somebody else that are damaged throughout', async () => {
    const folder = temporaryFolder();
    await appendFile(join(folder, '2026-03-01.ndjson'), Buffer.alloc(100_000, 0));
    const writer = await startWriter(folder);
    expect(writer.append(lock('a')).n).toBe(1);
    await writer.stop();
    expect(await idsOf(folder)).toEqual(['1:a']);
  });
});

describe('JournalParser', () => {
  const lines = Array.from({ length: 20 }, (_, i) => encodeLine({ n: i + 1, t: 'now', ...lock(`lock ${i} é`) }));
  const whole = Buffer.from(lines.join(''));

  const parse = (pieces: readonly Buffer[]): StoredEntry[] => {
    const parser = new JournalParser();
    return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  };

  it('gives the same entries whole, byte by byte, and cut anywhere', () => {
    const expected = parse([whole]);
    expect(expected).toHaveLength(20);
    expect(parse(Array.from(whole, (byte) => Buffer.from([byte])))).toEqual(expected);
    for (let at = 0; at <= whole.length; at++) {
      expect(parse([whole.subarray(0, at), whole.subarray(at)])).toEqual(expected);
    }
  });

  it('loses at most the lines that were touched, whatever happens to some bytes', () => {
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.uint8Array({ minLength: 1, maxLength: 30 }), (at, noise) => {
        const damaged = Buffer.from(whole);
        const touched = damaged.subarray(at, at + noise.length);
        const newlines = touched.filter((byte) => byte === 10).length;
        touched.set(noise.subarray(0, touched.length));
        expect(parse([damaged]).length).toBeGreaterThanOrEqual(20 - 1 - newlines - 1);
        for (const entry of parse([damaged])) expect(entry.kind).toBe('lock');
      }),
    );
  });

  it('skips a line without end in bounded memory, and reads on behind it', () => {
    const counts = { entries: 0, damaged: 0, unknown: 0 };
    const parser = new JournalParser(counts);
    for (let i = 0; i < 100; i++) expect(parser.push(Buffer.alloc(10_000, 'x'))).toEqual([]);
    expect(parser.push(Buffer.from(`\n${lines[0]}`))).toHaveLength(1);
    expect(counts).toMatchObject({ entries: 1, damaged: 1 });
  });
});
