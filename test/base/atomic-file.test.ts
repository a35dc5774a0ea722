import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/base/atomic-file.ts';

describe('writeFileAtomic', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-atomic-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('replaces the content and leaves nothing else behind', async () => {
    const path = join(folder, 'settings.json');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['settings.json']);
  });

  it('gives a secret the mode that was asked for', async () => {
    const path = join(folder, 'unit.key');
    await writeFileAtomic(path, 'secret', 0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('writes over what an interrupted try left', async () => {
    const path = join(folder, 'plan.json');
    await writeFile(`${path}.new`, 'half of a long and useless file');
    await writeFileAtomic(path, 'whole');
    expect(await readFile(path, 'utf8')).toBe('whole');
  });

  it('keeps the old file when the folder is gone or closed to us', async () => {
    await expect(writeFileAtomic(join(folder, 'missing', 'file'), 'x')).rejects.toThrow('ENOENT');
  });
});
