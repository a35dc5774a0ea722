import { rename } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESKTOP, openTab, PHONE, startBrowser, type Tab } from './support/browser.ts';
import { SMALL_CLIP, startUnit, type Unit } from './support/unit.ts';
import { addChannel, hasSidewaysScroll, setUp, signIn } from './support/visitor.ts';

let unit: Unit;
let browser: Browser;
let tab: Tab;
let page: Page;

beforeAll(async () => {
  unit = await startUnit({
    cameras: [{ cameras: 2, clip: SMALL_CLIP, subClip: false }],
    channels: [],
    stack: { channelCount: 2, ratingMbps: 6 },
  });
  browser = await startBrowser();
  tab = await openTab(browser, DESKTOP);
  page = tab.page;
  await setUp(page, unit.stack);
});
afterAll(async () => {
  await browser?.close();
  await unit?.stop();
});

const row = (number: number) => page.locator(`tr[data-channel="${number}"]`);
const camera = (number: number) => unit.cameras[0]?.urls[number - 1] ?? '';

describe('setting up channels', () => {
  it('what is no RTSP address is refused in the words of the server, and nothing is added', async () => {
    await addChannel(page, { name: 'Wrong', url: 'http://192.168.1.5/video' });
    await page.getByRole('dialog').getByRole('alert').getByText('url:').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('No camera is set up yet.').waitFor();
  });

  it('an added camera records within seconds, and says what it sends', async () => {
    await addChannel(page, { name: 'Front gate', url: camera(1), allotmentMbps: 3 });
    await row(1).getByText('Recording').waitFor();
    await row(1).getByText('H.264 640 × 360').waitFor();
    await row(1)
      .getByText(/^(now|\d s ago)$/)
      .waitFor();
    await expect
      .poll(async () => Number(await row(1).getByTitle('Last second').textContent()), { timeout: 10_000 })
      .toBeGreaterThan(0.3);
  });

  it('one that would exceed the rating is refused with the numbers', async () => {
    await addChannel(page, { name: 'Too much', url: camera(2), allotmentMbps: 3.5 });
    const text = 'rating 6 Mbps: 1 channels use 3.0, this one needs 3.5';
    await page.getByRole('dialog').getByRole('alert').getByText(text).waitFor();
    await page.getByRole('dialog').getByLabel('Allotment').fill('3');
    await page.getByRole('dialog').getByRole('button', { name: 'Add channel' }).click();
    await row(2).getByText('Recording').waitFor();
  });

  it('beyond the channels of the model there is no room', async () => {
    await addChannel(page, { name: 'One more', url: camera(2), allotmentMbps: 0.1 });
    await page.getByRole('dialog').getByRole('alert').getByText('model has 2 channels').waitFor();
    await page.keyboard.press('Escape');
  });

  it('a channel takes another name', async () => {
    await page.getByRole('button', { name: 'Change Front gate' }).click();
    const name = page.getByRole('dialog').getByLabel('Name', { exact: true });
    await name.fill('Main gate');
    await page.getByRole('button', { name: 'Save' }).click();
    await row(1).getByText('Main gate').waitFor();
  });
});

describe('state of the whole', () => {
  it('shows how much of the rating is allotted, and every bay with its fill', async () => {
    await page.getByText('Allotted 6.0').waitFor();
    expect(await page.locator('[data-bay]').count()).toBe(2);
    await page.locator('[data-bay="bay1"]').getByText('of 2.0 GB').waitFor();
  });

  it('a camera that went away is named, with its cause in words', async () => {
    await unit.cameras[0]?.setFault(2, { kind: 'refuse' });
    await row(2).getByText('Camera unreachable').waitFor();
    await page.getByText('1 channel does not record').waitFor();
    await unit.cameras[0]?.clearFault(2, 'refuse');
    await row(2).getByText('Recording').waitFor();
    await page.getByRole('list', { name: 'Latest gaps' }).getByText('Camera unreachable').first().waitFor();
  });

  it('a recorder that is not running is said on every page, and leaves a gap with that cause', async () => {
    await unit.stack.recorder.stop();
    await page.getByText('The recorder is not running.').waitFor();
    await row(1).getByText('Unknown: recorder not running').waitFor();
    await unit.stack.recorder.start();
    await page.getByText('The recorder is not running.').waitFor({ state: 'detached' });
    await row(1).getByText('Recording').waitFor();
    await page.getByText('Recorder not running').first().waitFor();
  });

  it('when every drive is gone this is said, and recording goes on by itself once one is back', async () => {
    const [bay1, bay2] = unit.stack.bays.map((bay) => bay.path) as [string, string];
    await rename(bay1, `${bay1}.pulled`);
    await rename(bay2, `${bay2}.pulled`);
    await page.getByText('No bay has a drive that may be written to').waitFor();
    await row(1).getByText('Paused: no drive').waitFor();
    await rename(`${bay1}.pulled`, bay1);
    await rename(`${bay2}.pulled`, bay2);
    await page.getByText('No bay has a drive that may be written to').waitFor({ state: 'detached' });
    await row(1).getByText('Recording').waitFor();
  });

  it('control that is away is said, and found again', async () => {
    await unit.stack.control.stop();
    await page.getByText('cannot be reached').waitFor();
    await unit.stack.control.start();
    // A restart of control ends all sessions.
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await signIn(page, unit.stack);
    await row(1).getByText('Recording').waitFor();
  });
});

it('fits a phone without scrolling sideways', async () => {
  const phone = await openTab(browser, PHONE);
  await signIn(phone.page, unit.stack);
  await phone.page.locator('tr[data-channel="1"]').getByText('Recording').waitFor();
  expect(await hasSidewaysScroll(phone.page)).toBe(false);
  await phone.page.getByRole('button', { name: 'Add channel' }).click();
  expect(await hasSidewaysScroll(phone.page)).toBe(false);
  expect(phone.faults).toEqual([]);
});

it('a channel is removed after a question', async () => {
  await page.getByRole('button', { name: 'Change Main gate' }).click();
  await page.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('dialog').getByText('Its footage stays on the drives').waitFor();
  await page.getByRole('button', { name: 'Remove channel' }).click();
  await row(1).waitFor({ state: 'detached' });
  expect(await row(2).count()).toBe(1);
  expect(tab.faults).toEqual([]);
});
