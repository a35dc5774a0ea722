import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArchiveEntry, GAP_CAUSES } from '../../src/archive/entries.ts';
import { FILE_TYPE } from '../../src/media/fmp4/movie.ts';
import { closeSegment, madeUpFragments, openSegment, temporaryDrive } from './temporary-drive.ts';

const documentation = await readFile(join(import.meta.dirname, '../../docs/reference/archive-format.md'), 'utf8');

describe('the documentation of the archive format', () => {
  it('has a verifier that agrees with us on open, closed and forged files', async (context) => {
    context.skip(spawnSync('python3', ['--version']).status !== 0, 'python3 is not installed');
    const { root, drive } = await temporaryDrive();
    const script = join(root, 'verify.py');
    await writeFile(script, /```python\n(.*?)```/s.exec(documentation)![1]!);
    const verdict = (path: string) => spawnSync('python3', [script, path], { encoding: 'utf8' }).stdout.trim();

    const file = await openSegment(drive);
    const path = join(root, file.path);
    for (const fragment of madeUpFragments(3)) await file.appendFragment(fragment);
    const expected = `3 fragments, ${file.hash.toString('hex')}`;
    expect(verdict(path)).toBe(expected);
    await closeSegment(drive, file);
    expect(verdict(path)).toBe(expected);

    const forged = await readFile(path);
    const { offset, sizeBytes } = file.tables.fragments[1]!;
    forged[offset + sizeBytes - 100]! ^= 1;
    await writeFile(path, forged);
    expect(verdict(path)).toBe(`fragment 2 at offset ${offset} does not match`);
  });

  it('names every kind of journal line, every field and every cause', () => {
    const journal = documentation.slice(documentation.indexOf('## Journal'));
    for (const { properties } of ArchiveEntry.anyOf) {
      expect(journal).toContain(`\`${properties.kind.const}\``);
      for (const field of Object.keys(properties)) expect(journal).toContain(field);
    }
    for (const cause of GAP_CAUSES) expect(journal).toContain(`\`${cause}\``);
  });

  it('says the size of ftyp, on which offsets are built', () => {
    expect(documentation).toContain(`\`ftyp\` is ${FILE_TYPE.length} bytes`);
  });
});
