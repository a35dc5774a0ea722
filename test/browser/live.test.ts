import type { Browser, Page, WebSocket } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESKTOP, openTab, PHONE, startBrowser, type Tab } from './support/browser.ts';
import { SMALL_CLIP, startUnit, type Unit } from './support/unit.ts';
import { expectMoving, goTo, hasSidewaysScroll, setUp, signIn } from './support/visitor.ts';

/** Channel 1: G.711 sound, 2: AAC, 3: H.265, 4: Opus. */
let unit: Unit;
let browser: Browser;
let tab: Tab;
let page: Page;
const sockets = new Set<WebSocket>();

beforeAll(async () => {
  unit = await startUnit({
    cameras: [
      { cameras: 1, clip: { ...SMALL_CLIP, sound: 'pcmu' }, subClip: false },
      { cameras: 1, clip: { ...SMALL_CLIP, sound: 'aac' }, subClip: false },
      { cameras: 1, clip: { ...SMALL_CLIP, codec: 'h265' }, subClip: false },
      { cameras: 1, clip: { ...SMALL_CLIP, sound: 'opus' }, subClip: false },
    ],
  });
  browser = await startBrowser();
  tab = await openTab(browser, DESKTOP);
  page = tab.page;
  page.on('websocket', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await setUp(page, unit.stack);
  await page.locator('tr[data-channel="3"]').getByText('Recording').waitFor();
  await goTo(page, 'Live');
});
afterAll(async () => {
  await browser?.close();
  await unit?.stop();
});

const tile = (number: number) => page.locator(`.tile[data-channel="${number}"]`);
const video = (number: number) => `.tile[data-channel="${number}"] video`;
const soundBytes = (number: number) =>
  page
    .locator(video(number))
    .evaluate(
      (element) => (element as HTMLVideoElement & { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount,
    );

describe('live pictures', () => {
  it('move', async () => {
    await expectMoving(page, video(1));
    await expectMoving(page, video(2));
  });

  it('are close to the present: little waits in the buffer', async () => {
    await page.waitForTimeout(4_000);
    const aheadS = await page.locator(video(1)).evaluate((element) => {
      const { buffered, currentTime } = element as HTMLVideoElement;
      return buffered.end(buffered.length - 1) - currentTime;
    });
    expect(aheadS).toBeLessThan(0.6);
  });

  it('of H.265 are replaced by a sentence where the browser cannot play it', async () => {
    await tile(3).getByText('This browser cannot play H.265').waitFor();
  });
});

describe('sound', () => {
  it.each([
    [1, 'G.711'],
    [2, 'AAC'],
    [4, 'Opus'],
  ])('of channel %i (%s) comes with a click on its picture, and the picture goes on', async (number) => {
    await page.locator(video(number)).click();
    await expect
      .poll(() => tile(number).getByRole('button', { name: 'Sound' }).getAttribute('aria-pressed'))
      .toBe('true');
    await expectMoving(page, video(number));
    const before = await soundBytes(number);
    await page.waitForTimeout(1_000);
    expect(await soundBytes(number)).toBeGreaterThan(before);
    expect(await page.locator(video(number)).evaluate((element) => (element as HTMLVideoElement).muted)).toBe(false);
  });

  it('comes from one tile at a time', async () => {
    expect(await tile(1).getByRole('button', { name: 'Sound' }).getAttribute('aria-pressed')).toBe('false');
    expect(await page.locator(video(1)).evaluate((element) => (element as HTMLVideoElement).muted)).toBe(true);
  });
});

describe('tiles', () => {
  it('a double click enlarges a picture, Escape leads back', async () => {
    await page.locator(video(1)).dblclick();
    await expect.poll(() => page.locator('.tile').count()).toBe(1);
    await expectMoving(page, video(1), 1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.tile').count()).toBe(4);
  });

  it('a camera that fails is named with its cause, and comes back by itself', async () => {
    await unit.cameras[0]?.setFault(1, { kind: 'refuse' });
    await tile(1).getByText('Camera unreachable').first().waitFor();
    await unit.cameras[0]?.clearFault(1, 'refuse');
    await tile(1).getByText('Camera unreachable').first().waitFor({ state: 'detached' });
    await expectMoving(page, video(1));
  });

  it('one picture a screen: the others are not sent', async () => {
    await page.getByRole('button', { name: '1', exact: true }).click();
    await expect.poll(() => page.locator('.tile').count()).toBe(1);
    await expect.poll(() => sockets.size).toBe(1);
    await page.getByRole('button', { name: 'Next screen' }).click();
    await tile(2).waitFor();
    await expectMoving(page, video(2), 1);
  });

  it('nothing is sent once the page is left', async () => {
    await goTo(page, 'Overview');
    await expect.poll(() => sockets.size).toBe(0);
    expect(tab.faults).toEqual([]);
  });
});

it('on a phone pictures move, a tap enlarges, nothing scrolls sideways', async () => {
  const phone = await openTab(browser, PHONE);
  await signIn(phone.page, unit.stack);
  await goTo(phone.page, 'Live');
  await expectMoving(phone.page, video(1), 1);
  expect(await hasSidewaysScroll(phone.page)).toBe(false);
  await phone.page.locator(video(1)).tap();
  await expect.poll(() => phone.page.locator('.tile').count()).toBe(1);
  await phone.page.getByRole('button', { name: 'Back to the grid' }).tap();
  await expect.poll(() => phone.page.locator('.tile').count()).toBe(4);
  expect(phone.faults).toEqual([]);
});
