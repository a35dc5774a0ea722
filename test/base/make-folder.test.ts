import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/base/make-folder.ts';

describe('makeFolder', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdfast-folder-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('makes what is missing, and is content with what is there', async () => {
    await makeFolder(join(root, 'a/b/c'));
    await makeFolder(join(root, 'a/b/c'));
    expect((await stat(join(root, 'a/b/c'))).isDirectory()).toBe(true);
  });

  it('ends with the error of the system where nothing can be made', async () => {
    await expect(makeFolder('/proc/nope/deeper')).rejects.toThrow('ENOENT');
    await writeFile(join(root, 'file'), '');
    await expect(makeFolder(join(root, 'file/below'))).rejects.toThrow('ENOTDIR');
  });
});
