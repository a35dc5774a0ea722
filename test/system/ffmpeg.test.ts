import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { locateFfmpeg } from '../../src/system/ffmpeg.ts';
import { systemFigures } from '../../src/system/figures.ts';

let folder: string;

async function program(name: string): Promise<string> {
  await mkdir(join(folder, name));
  const path = join(folder, name, 'ffmpeg');
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o755);
  return path;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-ffmpeg-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the search for ffmpeg', () => {
  const none = async () => undefined;

  it('goes from the configured path over the package to PATH', async () => {
    const [configured, packaged, onPath] = [await program('a'), await program('b'), await program('c')];
    const searchPath = `${join(folder, 'nothing')}:${join(folder, 'c')}`;
    const fromPackage = async () => packaged;
    expect(await locateFfmpeg({ configuredPath: configured, packaged: fromPackage, searchPath })).toBe(configured);
    expect(await locateFfmpeg({ configuredPath: null, packaged: fromPackage, searchPath })).toBe(packaged);
    expect(await locateFfmpeg({ configuredPath: null, packaged: none, searchPath })).toBe(onPath);
  });

  it('says what is missing, and what goes on without it', async () => {
    await expect(locateFfmpeg({ configuredPath: null, packaged: none, searchPath: folder })).rejects.toThrow(
      /not configured, not in ffmpeg-static, not on PATH; without it there are no previews.*recording and playback go on/,
    );
  });

  it('does not go on to another one when the configured one is wrong', async () => {
    await program('c');
    const configuredPath = join(folder, 'gone');
    await expect(locateFfmpeg({ configuredPath, packaged: none, searchPath: join(folder, 'c') })).rejects.toThrow(
      `ffmpeg: ${configuredPath}, as configured, is not a program that can be run`,
    );
  });
});

describe('figures of the system', () => {
  it('come from the system, or are null', async () => {
    const figures = await systemFigures({ statePath: folder, clock: systemClock, log: silentLog })();
    expect(figures.uptimeS).toBeGreaterThan(0);
    expect(figures.memoryTotalBytes).toBeGreaterThan(1e8);
    expect(figures.stateFreeBytes).toBeGreaterThan(0);
  });
});
