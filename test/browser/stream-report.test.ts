import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../scripts/lib/api-client.ts';
import { type SimulatorProcess, startSimulatorProcess } from '../../scripts/lib/simulator-process.ts';
import { DESKTOP, openTab, startBrowser, type Tab } from './support/browser.ts';
import { SMALL_CLIP, startUnit, type Unit } from './support/unit.ts';
import { expectMoving, goTo, signIn } from './support/visitor.ts';

/** A smart codec needs two key frames to show, and the recorder some seconds to tell. */
const SMART = { timeout: 60_000 };
const SOON = { timeout: 30_000 };

let unit: Unit;
let browser: Browser;
let tab: Tab;
let page: Page;
let api: ApiClient;
/** What stands at the place of the encrypted camera later. */
let successor: SimulatorProcess | undefined;

beforeAll(async () => {
  unit = await startUnit({
    cameras: [
      { cameras: 1, clip: { ...SMALL_CLIP, sound: 'aac' }, subClip: false },
      {
        cameras: 1,
        clip: { ...SMALL_CLIP, keyIntervalSeconds: 12, lengthSeconds: 24, sound: 'pcmu' },
        subClip: false,
        credentials: { user: 'admin', password: 'secret' },
        authScheme: 'basic',
      },
      { cameras: 1, clip: { ...SMALL_CLIP, codec: 'mjpeg', mbps: 3 }, subClip: false },
      { cameras: 1, clip: SMALL_CLIP, subClip: false, isEncrypted: true },
    ],
    channels: [],
    stack: { channelCount: 4, ratingMbps: 12 },
  });
  api = await unit.stack.signIn();
  const [good, smart, jpeg, encrypted] = unit.cameras;
  await api.send('POST', '/channels', { name: 'Front gate', url: good?.urls[0], allotmentMbps: 2 });
  const login = { username: 'admin', password: 'secret' };
  await api.send('POST', '/channels', { name: 'Car park', url: smart?.urls[0], allotmentMbps: 2, ...login });
  await api.send('POST', '/channels', { name: 'Old camera', url: jpeg?.urls[0], allotmentMbps: 4 });
  await api.send('POST', '/channels', { name: 'Vault', url: encrypted?.urls[0], allotmentMbps: 2 });
  browser = await startBrowser();
  tab = await openTab(browser, DESKTOP);
  page = tab.page;
  await signIn(page, unit.stack);
});
afterAll(async () => {
  await browser?.close();
  await successor?.stop();
  await unit?.stop();
});

/** A dialog that a failed test left open would fail all that come after it. */
afterEach(() => page.keyboard.press('Escape'));

const dialog = () => page.getByRole('dialog');
const finding = (code: string) => dialog().locator(`[data-code="${code}"]`);
const measured = (label: string) =>
  dialog()
    .locator('.measured > div')
    .filter({ has: page.getByText(label, { exact: true }) })
    .locator('dd');

function timelineOf(channel: number): Promise<{ footage: { fromUtcMs: number }[] }> {
  const nowUtcMs = Date.now();
  return api.get(`/channels/${channel}/timeline?from=${nowUtcMs - 600_000}&to=${nowUtcMs}`);
}

async function openReport(name: string): Promise<void> {
  await goTo(page, 'Overview');
  await page.getByRole('link', { name: `Stream report of ${name}` }).click();
}

describe('what the recorder measures of a camera', () => {
  it('is said to be well where it is', async () => {
    await openReport('Front gate');
    await dialog().getByText('Nothing to improve: the camera is set up well.').waitFor(SOON);
    await expect
      .poll(() => measured('Pictures a second').textContent(), SOON)
      .toMatch(/^(24\.[89]|25\.[012]), declared 25$/);
    await expect.poll(() => measured('Key frames').textContent(), SOON).toMatch(/^every 2 s, at most 2(\.\d)? s$/);
    expect(await measured('Picture').textContent()).toMatch(/^H\.264 .* 640 × 360$/);
    expect(await measured('Sound').textContent()).toBe('AAC, 16 kHz, mono');
    expect(await measured('Transport').textContent()).toBe('TCP, not encrypted, no password asked');
    // The clip has 1 Mbps; the mean since the start of the session includes its first seconds.
    const bitRate = Number.parseFloat((await measured('Bit rate').textContent()) ?? '');
    expect(bitRate).toBeGreaterThan(0.5);
    expect(bitRate).toBeLessThan(1.2);
    await page.keyboard.press('Escape');
  });

  it('is a finding in plain words where a smart codec sends a key frame every 12 s', async () => {
    await openReport('Car park');
    await finding('key-interval-long').getByText('Key frame every 12 s: seeking is coarse').waitFor(SMART);
    await finding('key-interval-long').getByText('What a power cut can cost stays at 2 s.').waitFor();
    await finding('password-in-the-clear').getByText('basic authentication, without encryption').waitFor();
    await finding('sound-converted').getByText('G.711 µ-law').waitFor();
    expect(await measured('Key frames').textContent()).toMatch(/^every 12 s, at most 12(\.\d)? s$/);
    await page.keyboard.press('Escape');
    await page.locator('tr[data-channel="2"]').getByText('2 hints').waitFor();
  });

  it('is told in playback, which plays all the same', async () => {
    await goTo(page, 'Playback');
    await page.getByRole('combobox', { name: 'Channel' }).selectOption('2');
    await page.getByText('This camera sends a key frame only every 12 s').waitFor();
    const { footage } = await timelineOf(2);
    await page.goto(`${unit.stack.address}/#/playback?channel=2&at=${Math.round(footage[0]!.fromUtcMs + 5_000)}`);
    await expectMoving(page, '.screen video');
  });

  it('live comes with such a camera, too', async () => {
    await goTo(page, 'Live');
    await expectMoving(page, '.tile[data-channel="2"] video');
    expect(tab.faults).toEqual([]);
  });

  it('counts what is lost, with the way out', async () => {
    await unit.cameras[0]?.setFault(1, { kind: 'lose-packets', share: 0.02, seed: 5 });
    await openReport('Front gate');
    await finding('packets-lost')
      .getByText(/of the packets are lost/)
      .waitFor(SMART);
    await finding('packets-lost').getByText('Over TCP no network loses packets').waitFor();
    expect(await measured('Pictures not recorded').textContent()).toMatch(/incomplete/);
    await unit.cameras[0]?.clearFault(1, 'lose-packets');
    await page.keyboard.press('Escape');
  });
});

describe('a camera that sends MJPEG', () => {
  it('is shown live, and said to be one that browsers do not play where its recording is looked at', async () => {
    await goTo(page, 'Live');
    await page.locator('.tile[data-channel="3"] canvas').waitFor();
    const { footage } = await timelineOf(3);
    await page.goto(`${unit.stack.address}/#/playback?channel=3&at=${Math.round(footage[0]!.fromUtcMs + 2_000)}`);
    await page.locator('.screen').getByText('This browser cannot play recorded Motion JPEG').waitFor();
    await openReport('Old camera');
    await finding('mjpeg').getByText('Motion JPEG takes many times the bits of H.264').waitFor();
    expect(await measured('Key frames').textContent()).toBe('every picture is one');
    await page.keyboard.press('Escape');
  });
});

describe('an encrypted camera', () => {
  const row = () => page.locator('tr[data-channel="4"]');

  it('records, and shows its fingerprint', async () => {
    await openReport('Vault');
    await expect.poll(() => measured('Transport').textContent(), SOON).toMatch(/^TCP, encrypted/);
    expect(await measured('Certificate (SHA-256)').textContent()).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
    await page.keyboard.press('Escape');
  });

  it('that was replaced is not recorded until its new certificate is accepted', async () => {
    const url = new URL(unit.cameras[3]!.urls[0]!);
    await unit.cameras[3]!.stop();
    successor = await startSimulatorProcess({
      cameras: 1,
      firstCamera: 4,
      port: Number(url.port),
      clip: SMALL_CLIP,
      subClip: false,
      isEncrypted: true,
    });
    expect(successor.urls[0]).toBe(url.href);
    await row().getByText('1 problem').waitFor(SOON);
    await openReport('Vault');
    await finding('certificate-changed').waitFor();
    await dialog().getByRole('button', { name: 'Accept the new certificate' }).click();
    await finding('certificate-changed').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await row().getByText('Recording').waitFor(SOON);
    expect(tab.faults).toEqual([]);
  });
});
