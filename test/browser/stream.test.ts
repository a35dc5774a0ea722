import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { statePaths } from '../../src/link/state.ts';
import { healthyReport } from '../channels/healthy-report.ts';
import { type ActedRecorder, actRecorder } from './support/acted-recorder.ts';
import { DESKTOP, openTab, PHONE, startBrowser, type Tab } from './support/browser.ts';
import { startUnit, type Unit } from './support/unit.ts';
import { goTo, hasSidewaysScroll, setUp, signIn } from './support/visitor.ts';

const OLD = 'ab'.repeat(32);
const NEW = 'cd'.repeat(32);

let unit: Unit;
let browser: Browser;
let tab: Tab;
let page: Page;
let recorder: ActedRecorder;

beforeAll(async () => {
  unit = await startUnit({
    cameras: [],
    channels: [
      { url: 'rtsps://10.0.0.5/main', name: 'Front gate', certificate: OLD },
      { url: 'rtsp://10.0.0.6/main', name: 'Car park' },
    ],
    stack: { settings: { promisedLossMs: 3000 } },
  });
  await unit.stack.recorder.stop();
  recorder = await actRecorder(statePaths(unit.stack.stateDir).socket);
  browser = await startBrowser();
  tab = await openTab(browser, DESKTOP);
  page = tab.page;
  await setUp(page, unit.stack);
  await waitFor('a plan', 10_000, async () => recorder.plan !== undefined);
});
afterAll(async () => {
  await browser?.close();
  await recorder?.stop();
  await unit?.stop();
});

const row = (number: number) => page.locator(`tr[data-channel="${number}"]`);
const dialog = () => page.getByRole('dialog');
const channelId = (number: number) => recorder.plan?.channels.find((channel) => channel.number === number)?.id ?? '';

function tellStream(number: number, change: (report: ReturnType<typeof healthyReport>) => void = () => undefined) {
  const report = { ...healthyReport(), channelId: channelId(number), atUtcMs: Date.now() };
  change(report);
  recorder.say({
    kind: 'channel-state',
    channelId: report.channelId,
    state: 'recording',
    cause: null,
    detail: '',
    sinceUtcMs: Date.now(),
    video: { codec: report.video.codec, codecString: report.video.codecString, width: 1920, height: 1080 },
    audio: { codec: 'aac', clockRate: 16_000, channels: 1 },
  });
  recorder.say(report);
}

describe('the stream report', () => {
  it('says that nothing was measured yet', async () => {
    await row(2).getByRole('link', { name: 'Stream report of Car park' }).click();
    await dialog().getByText('Nothing was measured yet.').waitFor();
  });

  it('shows what was measured while it is open, and that there is nothing to improve', async () => {
    tellStream(2);
    await dialog().getByText('Nothing to improve: the camera is set up well.').waitFor();
    await dialog().getByText('Measured over 10 min 00 s').waitFor();
    await dialog().getByText('H.264 High 4.1, 1920 × 1080').waitFor();
    await dialog().getByText('every 2 s, at most 2 s').waitFor();
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(new URL(page.url()).hash).toBe('#/overview');
  });

  it('says of when it is, once nothing is measured any more', async () => {
    tellStream(2, (report) => Object.assign(report, { atUtcMs: Date.parse('2026-03-01T12:10:07Z') }));
    await row(2).getByRole('link', { name: 'Stream report of Car park' }).click();
    await dialog().getByText('until 2026-03-01 13:10:07; nothing was measured since').waitFor();
    await page.keyboard.press('Escape');
  });

  it('says in plain words what a smart codec costs, and that a power cut costs no more', async () => {
    tellStream(2, ({ video }) => Object.assign(video, { keyIntervalMs: 12_000, longestKeyIntervalMs: 12_040 }));
    await row(2).getByText('1 hint').waitFor();
    await row(2).getByRole('link', { name: 'Stream report of Car park: 1 hint' }).click();
    const finding = dialog().locator('[data-code="key-interval-long"]');
    await finding
      .getByText('Key frame every 12 s: seeking is coarse, and after a lost packet up to 12 s are missing.')
      .waitFor();
    await finding.getByText('What a power cut can cost stays at 3 s.').waitFor();
    await finding.getByText('Turn off the camera').waitFor();
    await dialog().getByText('every 12 s, at most 12 s').waitFor();
  });

  it('leads to the settings of the channel, where the transport is chosen', async () => {
    await dialog().getByRole('button', { name: 'Change channel…' }).click();
    await dialog().getByLabel('How the media comes').selectOption({ label: 'TCP: nothing gets lost on the way' });
    await dialog().getByRole('button', { name: 'Save' }).click();
    await waitFor('the plan names TCP', 10_000, async () => recorder.plan?.channels[1]?.transport === 'tcp');
  });

  it('is where playback leads to, when key frames come seldom', async () => {
    await goTo(page, 'Playback');
    await page.getByRole('combobox', { name: 'Channel' }).selectOption('2');
    await page.getByText('This camera sends a key frame only every 12 s').waitFor();
    await page.getByRole('link', { name: 'What to change on the camera' }).click();
    await dialog().getByText('Long key-frame interval').waitFor();
    await dialog().getByRole('button', { name: 'Close', exact: true }).last().click();
    await dialog().waitFor({ state: 'detached' });
  });

  it('live tells why the first picture takes its time', async () => {
    await goTo(page, 'Live');
    await page
      .locator('.tile[data-channel="2"]')
      .getByText('This camera sends a key frame every 12 s; a picture begins with one.')
      .waitFor();
    await goTo(page, 'Overview');
  });
});

describe('a certificate that is not the expected one', () => {
  it('is shown with its fingerprint, and accepted by a person', async () => {
    const refused = {
      kind: 'channel-state',
      channelId: channelId(1),
      state: 'failing',
      cause: 'stream-error',
      detail: '10.0.0.5:322 shows another certificate',
      sinceUtcMs: Date.now(),
      presentedCertificate: NEW,
      video: null,
      audio: null,
    } as const;
    recorder.say(refused);
    await row(1).getByText('1 problem').waitFor();
    await row(1).getByRole('link', { name: 'Stream report of Front gate' }).click();
    await dialog().getByText('Another certificate', { exact: true }).waitFor();
    await dialog().getByText(Array(32).fill('CD').join(':')).waitFor();
    await dialog().getByRole('button', { name: 'Accept the new certificate' }).click();
    await waitFor(
      'the plan has the new certificate',
      10_000,
      async () => recorder.plan?.channels[0]?.certificate === NEW,
    );
    recorder.say({ ...refused, state: 'recording', cause: null, detail: '', presentedCertificate: null });
    await dialog().getByText('Another certificate', { exact: true }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await row(1).getByText('1 problem').waitFor({ state: 'detached' });
  });

  it('the settings show the fingerprint, take another, and know no UDP beside encryption', async () => {
    await page.getByRole('button', { name: 'Change Front gate' }).click();
    const certificate = dialog().getByLabel('Certificate of the camera');
    expect(await certificate.inputValue()).toBe(Array(32).fill('CD').join(':'));
    expect(await dialog().getByRole('option', { name: /^UDP/ }).isDisabled()).toBe(true);
    await certificate.fill('12:34');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('alert').getByText('expected a SHA-256 fingerprint').waitFor();
    await certificate.fill('');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().waitFor({ state: 'detached' });
    await waitFor('the plan has none', 10_000, async () => recorder.plan?.channels[0]?.certificate === null);
  });
});

it('fits a phone without scrolling sideways', async () => {
  tellStream(2, (report) => {
    Object.assign(report.video, { keyIntervalMs: 12_000, longestKeyIntervalMs: 12_000, hasBFrames: true });
    Object.assign(report, { certificate: NEW, isEncrypted: true, meanMbps: 6 });
  });
  const phone = await openTab(browser, PHONE);
  await signIn(phone.page, unit.stack);
  await phone.page.getByRole('link', { name: 'Stream report of Car park' }).click();
  await phone.page.getByText('Over its allotment').waitFor();
  await phone.page.getByText('B-frames', { exact: true }).waitFor();
  expect(await hasSidewaysScroll(phone.page)).toBe(false);
  const scrolls = await phone.page.getByRole('dialog').evaluate((element) => element.scrollWidth > element.clientWidth);
  expect(scrolls).toBe(false);
  expect([...tab.faults, ...phone.faults]).toEqual([]);
});
