import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { startBrowser } from './support/browser.ts';
import { SMALL_CLIP, startUnit, type Unit } from './support/unit.ts';

/** What somebody does who carries a drive to a laptop: opens the files themselves. */
let unit: Unit;
let browser: Browser;

beforeAll(async () => {
  unit = await startUnit({
    cameras: [{ cameras: 1, clip: { ...SMALL_CLIP, sound: 'aac' }, subClip: false }],
    stack: { settings: { segmentMinutes: 0.2 } },
  });
  browser = await startBrowser();
  await waitFor('a closed file and one being written', 60_000, async () => (await files()).length >= 2);
  await new Promise((resolve) => setTimeout(resolve, 5_000));
});
afterAll(async () => {
  await browser?.close();
  await unit?.stop();
});

/** Oldest first: their names sort by time. */
async function files(): Promise<string[]> {
  const found: string[] = [];
  for (const bay of unit.stack.bays) {
    const folder = join(bay.path, 'holdfast/footage');
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    found.push(...names.filter((name) => name.endsWith('.mp4')).map((name) => join(folder, name)));
  }
  return found.sort((a, b) => (a.split('/').at(-1)! < b.split('/').at(-1)! ? -1 : 1));
}

/** Duration that Chromium gives, and whether it shows pictures at the begin and towards the end. */
async function open(path: string): Promise<{ durationS: number; frames: number; endS: number }> {
  const page = await browser.newPage();
  try {
    await page.goto(pathToFileURL(path).href);
    return await page.locator('video').evaluate(async (element) => {
      const video = element as HTMLVideoElement;
      video.muted = true;
      await video.play();
      const framesAt = () => video.getVideoPlaybackQuality().totalVideoFrames;
      const until = async (isDone: () => boolean) => {
        const endMs = performance.now() + 10_000;
        while (!isDone() && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 50));
      };
      await until(() => framesAt() > 10);
      const frames = framesAt();
      video.currentTime = video.duration - 0.5;
      await until(() => !video.seeking && video.readyState >= 2);
      return { durationS: video.duration, frames, endS: video.currentTime };
    });
  } finally {
    await page.close();
  }
}

async function expectReadable(path: string, atLeastS: number): Promise<void> {
  const probe = await promisify(execFile)('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format=duration',
    '-of',
    'csv=p=0',
    path,
  ]);
  expect(probe.stderr).toBe('');
  const { durationS, frames, endS } = await open(path);
  expect(frames).toBeGreaterThan(10);
  expect(durationS).toBeGreaterThan(atLeastS);
  expect(endS).toBeCloseTo(durationS - 0.5, 1);
}

describe('files on a bay', () => {
  it('a closed one plays and seeks in Chromium', async () => expectReadable((await files())[0]!, 10));

  it('the one that was being written when the recorder was killed does too, before and after repair', async () => {
    const killed = (await files()).at(-1)!;
    await unit.stack.recorder.stop({ signal: 'SIGKILL' });
    await expectReadable(killed, 3);
    const before = await stat(killed);
    await unit.stack.recorder.start();
    await waitFor('repair', 20_000, async () => (await stat(killed)).mtimeMs > before.mtimeMs);
    await waitFor('a new file', 20_000, async () => (await files()).at(-1) !== killed);
    await expectReadable(killed, 3);
  });
});
