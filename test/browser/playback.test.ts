import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../scripts/lib/api-client.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { DESKTOP, openTab, PHONE, startBrowser, type Tab } from './support/browser.ts';
import { SMALL_CLIP, startUnit, type Unit } from './support/unit.ts';
import { expectMoving, goTo, hasSidewaysScroll, look, setUp, signIn } from './support/visitor.ts';

/** So that a few seconds of playback cross the borders of files. */
const SEGMENT_MINUTES = 0.1;
const GAP_S = 6;
const VIDEO = '.screen video';

/** Channel 1: H.264 with sound and a gap, 2: H.265. */
let unit: Unit;
let browser: Browser;
let tab: Tab;
let page: Page;
let api: ApiClient;

interface Timeline {
  footage: { fromUtcMs: number; toUtcMs: number }[];
  gaps: { fromUtcMs: number; toUtcMs: number | null; cause: string }[];
}

beforeAll(async () => {
  unit = await startUnit({
    cameras: [
      { cameras: 1, clip: { ...SMALL_CLIP, sound: 'pcmu' }, subClip: false },
      { cameras: 1, clip: { ...SMALL_CLIP, codec: 'h265' }, subClip: false },
    ],
    stack: { settings: { segmentMinutes: SEGMENT_MINUTES } },
  });
  browser = await startBrowser();
  tab = await openTab(browser, DESKTOP);
  page = tab.page;
  await setUp(page, unit.stack);
  api = await unit.stack.signIn();
  await waitFor('20 s of footage', 40_000, async () => lengthOf((await timeline(1)).footage[0]) > 20_000);
  await unit.cameras[0]?.setFault(1, { kind: 'refuse', forSeconds: GAP_S });
  await waitFor('10 s of footage after a gap', 40_000, async () => lengthOf((await timeline(1)).footage[1]) > 10_000);
  await goTo(page, 'Playback');
  await page.getByRole('button', { name: 'Min', exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await unit?.stop();
});

function timeline(channel: number): Promise<Timeline> {
  const now = Date.now();
  return api.get<Timeline>(`/channels/${channel}/timeline?from=${now - 600_000}&to=${now}`);
}

function lengthOf(span: { fromUtcMs: number; toUtcMs: number } | undefined): number {
  return span ? span.toUtcMs - span.fromUtcMs : 0;
}

const area = () => page.getByRole('slider', { name: /^Timeline of/ });
const viewOf = async () => ({
  fromMs: Number(await area().getAttribute('aria-valuemin')),
  toMs: Number(await area().getAttribute('aria-valuemax')),
});
const cursorMs = async () => Date.parse((await page.locator('.stage-time time').getAttribute('datetime')) ?? '');
const state = () => page.locator('.stage').getAttribute('data-state');

/** Brings the time into view from the present on, and gives its place. */
async function placeOf(timeMs: number): Promise<{ x: number; y: number }> {
  for (let i = 0; i < 20; i++) {
    const { fromMs, toMs } = await viewOf();
    const box = (await area().boundingBox())!;
    const share = (timeMs - fromMs) / (toMs - fromMs);
    if (share > 0.02 && share < 0.98) return { x: box.x + share * box.width, y: box.y + 50 };
    if (i === 0) await page.getByRole('button', { name: 'Now', exact: true }).click();
    else await area().press(share < 0.5 ? 'PageUp' : 'PageDown');
  }
  throw new Error(`${new Date(timeMs).toISOString()} does not come into view`);
}

async function clickTime(timeMs: number): Promise<void> {
  const { x, y } = await placeOf(timeMs);
  await page.mouse.click(x, y);
}

/** Pixels are some 50 ms wide, on a phone 160. */
async function expectPlaysFrom(timeMs: number): Promise<void> {
  await waitFor(`playback from ${new Date(timeMs).toISOString()}`, 15_000, async () => {
    const aheadMs = (await cursorMs()) - timeMs;
    return (await state()) === 'ready' && aheadMs > -200 && aheadMs < 3_000;
  });
}

describe('playing', () => {
  it('begins at the second that was clicked, and the picture moves', async () => {
    const start = (await timeline(1)).footage[0]!.fromUtcMs + 4_000;
    await clickTime(start);
    await expectPlaysFrom(start);
    await expectMoving(page, VIDEO);
  });

  it('goes on across the borders of files without a stall, and the cursor keeps to wall time', async () => {
    const start = (await timeline(1)).footage[0]!.fromUtcMs + 1_000;
    await clickTime(start);
    await expectPlaysFrom(start);
    const before = await look(page, VIDEO);
    const from = await cursorMs();
    // Two to three files of 6 s each, with key frames every 2 s.
    await page.waitForTimeout(15_000);
    const after = await look(page, VIDEO);
    expect(after.waits - before.waits).toBe(0);
    expect((await cursorMs()) - from).toBeGreaterThan(14_000);
    expect((await cursorMs()) - from).toBeLessThan(16_500);
    expect(after.frames - before.frames).toBeGreaterThan(14 * 25);
  });

  it('another second within what is loaded is there at once', async () => {
    const start = (await timeline(1)).footage[0]!.fromUtcMs + 7_000;
    await clickTime(start);
    await expectPlaysFrom(start);
  });

  it('pauses, steps by one frame, and goes on', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    const paused = await look(page, VIDEO);
    await page.getByRole('button', { name: 'One frame forward' }).click();
    await expect.poll(async () => (await look(page, VIDEO)).currentS - paused.currentS).toBeCloseTo(0.04, 2);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expectMoving(page, VIDEO, 1);
  });

  it('plays at four times the speed', async () => {
    const start = (await timeline(1)).footage[0]!.fromUtcMs + 1_000;
    await clickTime(start);
    await expectPlaysFrom(start);
    await page.getByRole('button', { name: '4×' }).click();
    const from = await cursorMs();
    await page.waitForTimeout(2_000);
    expect((await cursorMs()) - from).toBeGreaterThan(6_000);
    await page.getByRole('button', { name: '1×' }).click();
  });

  it('the keyboard moves the cursor', async () => {
    const start = (await timeline(1)).footage[0]!.fromUtcMs + 5_000;
    await clickTime(start);
    await expectPlaysFrom(start);
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await cursorMs();
    await area().press('ArrowRight');
    await expect.poll(async () => (await cursorMs()) - before).toBeGreaterThan(900);
  });
});

describe('gaps', () => {
  it('say their cause when pointed at', async () => {
    const gap = (await timeline(1)).gaps.find((candidate) => candidate.cause === 'camera-unreachable')!;
    const { x, y } = await placeOf((gap.fromUtcMs + (gap.toUtcMs ?? Date.now())) / 2);
    await page.mouse.move(x, y);
    await page.getByRole('tooltip').getByText('Camera unreachable').waitFor();
  });

  it('are listed in words beside the timeline', async () => {
    await page.getByRole('heading', { name: 'Gaps in view' }).waitFor();
    await page.getByRole('button', { name: /Camera unreachable/ }).waitFor();
  });

  it('are jumped over, which is said, and playback goes on behind them', async () => {
    const { footage } = await timeline(1);
    const start = footage[0]!.toUtcMs - 2_500;
    await clickTime(start);
    await expect.poll(cursorMs, { timeout: 20_000 }).toBeGreaterThan(footage[1]!.fromUtcMs);
    await page.getByText(/Jumped over \d+ s without footage.*Camera unreachable/).waitFor();
    await expectMoving(page, VIDEO, 1);
  });

  it('a click into a gap plays what comes after it', async () => {
    const { footage } = await timeline(1);
    await clickTime((footage[0]!.toUtcMs + footage[1]!.fromUtcMs) / 2);
    await expectPlaysFrom(footage[1]!.fromUtcMs);
  });
});

describe('up to the present', () => {
  it('playback goes on with what is recorded meanwhile', async () => {
    const end = (await timeline(1)).footage.at(-1)!.toUtcMs;
    await clickTime(end - 3_000);
    await expect.poll(cursorMs, { timeout: 30_000 }).toBeGreaterThan(end + 5_000);
    await expectMoving(page, VIDEO, 1).catch(async () => {
      // It may just have reached the newest picture: then it waits and goes on.
      await expectMoving(page, VIDEO, 6);
    });
  });
});

describe('zoom', () => {
  it('goes from a minute to a day and back by wheel, around the pointer', async () => {
    const box = (await area().boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    for (let i = 0; i < 40; i++) await page.mouse.wheel(0, 400);
    await expect.poll(async () => ((await viewOf()).toMs - (await viewOf()).fromMs) / 3_600_000).toBeCloseTo(25, 0);
    for (let i = 0; i < 40; i++) await page.mouse.wheel(0, -400);
    await expect.poll(async () => ((await viewOf()).toMs - (await viewOf()).fromMs) / 1000).toBeCloseTo(60, 0);
  });

  it('buttons show the day, and a drag moves the time on screen', async () => {
    await page.getByRole('button', { name: 'Hour', exact: true }).click();
    const before = await viewOf();
    const box = (await area().boundingBox())!;
    await page.mouse.move(box.x + 300, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 50, { steps: 5 });
    await page.mouse.up();
    expect((await viewOf()).fromMs).toBeLessThan(before.fromMs - 60_000);
    await page.getByRole('button', { name: 'Min', exact: true }).click();
  });
});

describe('clip', () => {
  it('is downloaded as one MP4 that ffprobe and ffmpeg read without an error', async () => {
    const { footage } = await timeline(1);
    await clickTime(footage[0]!.fromUtcMs + 8_000);
    await expect.poll(state, { timeout: 15_000 }).toBe('ready');
    await page.getByRole('button', { name: 'Select a clip' }).click();
    const begin = page.getByRole('slider', { name: 'Begin of the clip' });
    const before = Number(await begin.getAttribute('aria-valuenow'));
    await begin.press('ArrowRight');
    expect(Number(await begin.getAttribute('aria-valuenow')) - before).toBe(1_000);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download MP4' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^Camera-1-.*Z\.mp4$/);
    const file = await download.path();
    const probe = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format=duration:stream=codec_type',
      '-of',
      'json',
      file,
    ]);
    expect(probe.stderr).toBe('');
    const { format, streams } = JSON.parse(probe.stdout) as {
      format: { duration: string };
      streams: { codec_type: string }[];
    };
    const seconds =
      (Number(await page.getByRole('slider', { name: 'End of the clip' }).getAttribute('aria-valuenow')) - before) /
        1000 -
      1;
    expect(Number(format.duration)).toBeGreaterThan(seconds - 1);
    expect(Number(format.duration)).toBeLessThan(seconds + 1);
    expect(streams.map((stream) => stream.codec_type).sort()).toEqual(['audio', 'video']);
    expect((await run('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-'])).stderr).toBe('');
  });

  it('of a span without footage is refused in the words of the server', async () => {
    await page.getByLabel('From').fill('2020-01-01T00:00:00');
    await page.getByLabel('To', { exact: true }).fill('2020-01-01T00:01:00');
    await page.getByRole('button', { name: 'Download MP4' }).click();
    await page
      .getByRole('alert')
      .getByText(/no footage|footage/i)
      .waitFor();
    await page.getByRole('button', { name: 'Give up the clip' }).click();
  });
});

describe('other channels', () => {
  it('H.265 is a plain sentence where the browser cannot play it, and the clip can still be downloaded', async () => {
    await page.getByLabel('Channel', { exact: true }).selectOption('2');
    await clickTime((await timeline(2)).footage[0]!.fromUtcMs + 3_000);
    await page.locator('.screen').getByText('This browser cannot play H.265').waitFor();
    await page.getByRole('button', { name: 'Select a clip' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download MP4' }).click(),
    ]);
    expect((await run('ffprobe', ['-v', 'error', await download.path()])).stderr).toBe('');
  });

  it('the page did all this without an exception or a breach of its security policy', () =>
    expect(tab.faults).toEqual([]));
});

it('on a phone a tap plays and names a gap, nothing scrolls sideways', async () => {
  const phone = await openTab(browser, PHONE);
  await signIn(phone.page, unit.stack);
  await goTo(phone.page, 'Playback');
  const { footage } = await timeline(1);
  page = phone.page;
  await page.getByRole('button', { name: 'Min', exact: true }).tap();
  const inGap = await placeOf((footage[0]!.toUtcMs + footage[1]!.fromUtcMs) / 2);
  await page.touchscreen.tap(inGap.x, inGap.y);
  await page.getByRole('tooltip').getByText('Camera unreachable').waitFor();
  await expectPlaysFrom(footage[1]!.fromUtcMs);
  await expectMoving(page, VIDEO, 1);
  expect(await hasSidewaysScroll(page)).toBe(false);
  expect(phone.faults).toEqual([]);
});

function run(program: string, args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(program, args);
}
