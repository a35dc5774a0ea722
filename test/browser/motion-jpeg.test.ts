import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../scripts/lib/api-client.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { DESKTOP, openTab, startBrowser, type Tab } from './support/browser.ts';
import { canvasCount, lookAtCanvas, watchCanvases, worstLatenessMs } from './support/canvas.ts';
import { SMALL_CLIP, startUnit, type Unit } from './support/unit.ts';
import { goTo, signIn } from './support/visitor.ts';

const JPEG_CLIP = { ...SMALL_CLIP, codec: 'mjpeg', mbps: 4, sound: 'pcmu' } as const;

/** The generator draws testsrc2's clock, 100 × 36 pixels, twice as large into the corner of a picture of this size. */
const CLOCK = { x: 0, y: 0, width: 200, height: 72 };

/** A decoder so slow has to leave out nine of ten pictures. */
const SLOW_DECODE_MS = 400;
/** Pictures that another page gets meanwhile: some 6 s. */
const WHILE_FROZEN = 150;

let unit: Unit;
let browser: Browser;
let tab: Tab;
let page: Page;
let api: ApiClient;

beforeAll(async () => {
  unit = await startUnit({ cameras: [{ cameras: 1, clip: JPEG_CLIP, subClip: false }], stack: { ratingMbps: 12 } });
  api = await unit.stack.signIn();
  browser = await startBrowser();
  tab = await openTab(browser, DESKTOP);
  page = tab.page;
  await watchCanvases(page);
  await signIn(page, unit.stack);
  await page.locator('tr[data-channel="1"]').getByText('Recording').waitFor();
  await goTo(page, 'Live');
});
afterAll(async () => {
  await browser?.close();
  await unit?.stop();
});

const TILE = '.tile[data-channel="1"]';
const CANVAS = `${TILE} canvas`;

/** So many more pictures are drawn, and what they show moves. */
async function expectPictures(on: Page, count: number): Promise<void> {
  await on.locator(CANVAS).waitFor();
  const before = { count: await canvasCount(on, CANVAS), look: await lookAtCanvas(on, CANVAS) };
  await waitFor(`${count} more pictures`, 30_000, async () => (await canvasCount(on, CANVAS)) >= before.count + count);
  expect((await lookAtCanvas(on, CANVAS)).pixels).not.toEqual(before.look.pixels);
}

describe('a camera that sends Motion JPEG', () => {
  it('is shown live: pictures in its size, and the clock in them runs', async () => {
    await expectPictures(page, 25);
    const looks = [await lookAtCanvas(page, CANVAS, CLOCK)];
    await expectPictures(page, 25);
    looks.push(await lookAtCanvas(page, CANVAS, CLOCK));
    for (const { size, darkest, brightest } of looks) {
      expect(size).toEqual([640, 360]);
      // Bright figures on something dark.
      expect(brightest - darkest).toBeGreaterThan(120);
    }
    expect(looks[0]?.pixels).not.toEqual(looks[1]?.pixels);
    expect(await page.locator(`${TILE} video`).isHidden()).toBe(true);
    expect(await page.locator(`${TILE} .tile-message`).count()).toBe(0);
  });

  it('is enlarged by a double click, and Escape leads back', async () => {
    await page.locator(CANVAS).dblclick();
    await page.locator('.tile.is-big').waitFor();
    await expectPictures(page, 25);
    await page.keyboard.press('Escape');
    await page.locator('.tile.is-big').waitFor({ state: 'detached' });
  });

  it('says that its sound is not heard to whoever turns it on, and the picture goes on', async () => {
    const sentence = page.locator(TILE).getByText('Motion JPEG is shown live without its sound');
    await page.locator(CANVAS).click();
    await sentence.waitFor();
    await expectPictures(page, 25);
    await page.locator(CANVAS).click();
    await sentence.waitFor({ state: 'detached' });
  });

  it('that fails is named with its cause in place of the picture, which comes back by itself', async () => {
    await unit.cameras[0]?.setFault(1, { kind: 'refuse' });
    await page.locator(`${TILE} .tile-message`).getByText('Camera unreachable').waitFor();
    expect(await page.locator(CANVAS).isHidden()).toBe(true);
    await unit.cameras[0]?.clearFault(1, 'refuse');
    await page.locator(`${TILE} .tile-message`).waitFor({ state: 'detached' });
    await expectPictures(page, 25);
  });
});

describe('a page that is too slow for Motion JPEG', () => {
  let slow: Tab;
  let fromUtcMs: number;
  beforeAll(async () => {
    fromUtcMs = Date.now();
    slow = await openTab(browser, DESKTOP);
    await watchCanvases(slow.page, SLOW_DECODE_MS);
    await signIn(slow.page, unit.stack);
    await goTo(slow.page, 'Live');
  });

  it('shows fewer pictures, none of them late', async () => {
    await expectPictures(slow.page, 10);
    // One waits while another is being decoded. Were all kept, the tenth would wait for nine.
    expect(await worstLatenessMs(slow.page)).toBeLessThan(3 * SLOW_DECODE_MS);
  });

  it('and one that stands still hold up neither others nor the recorder, and go on afterwards', async () => {
    const debug = await slow.page.context().newCDPSession(slow.page);
    await debug.send('Debugger.enable');
    const paused = new Promise((resolve) => debug.once('Debugger.paused', resolve));
    await debug.send('Debugger.pause');
    await paused;
    await expectPictures(page, WHILE_FROZEN);
    await debug.send('Debugger.resume');
    await debug.detach();
    await expectPictures(slow.page, 10);

    const toUtcMs = Date.now();
    const { footage, gaps } = await api.get<{
      footage: { fromUtcMs: number; toUtcMs: number }[];
      gaps: unknown[];
    }>(`/channels/1/timeline?from=${fromUtcMs}&to=${toUtcMs}`);
    expect(gaps).toEqual([]);
    expect(footage.at(-1)!.toUtcMs).toBeGreaterThan(toUtcMs - 5_000);
    expect([...tab.faults, ...slow.faults]).toEqual([]);
  });
});
