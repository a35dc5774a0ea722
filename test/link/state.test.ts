import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readOrCreateUnit, statePaths } from '../../src/link/state.ts';

describe('the identity of the unit', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdfast-state-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('is made once, also when both processes start for the first time at once', async () => {
    for (let round = 0; round < 20; round++) {
      const paths = statePaths(join(root, String(round)));
      const units = await Promise.all(Array.from({ length: 4 }, () => readOrCreateUnit(paths)));
      expect(new Set(units).size).toBe(1);
      expect(await readOrCreateUnit(paths)).toBe(units[0]);
      expect(await readdir(paths.root)).toEqual(['unit.json']);
    }
  });

  it('that cannot be read is not replaced: footage bears the old one', async () => {
    const paths = statePaths(root);
    await writeFile(paths.unit, '{"unit":"not eight digits"}');
    await expect(readOrCreateUnit(paths)).rejects.toThrow('holds no unit id');
  });
});
