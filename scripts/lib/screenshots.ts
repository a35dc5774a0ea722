import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { isAppError } from '../../src/base/errors.ts';
import { DESKTOP, openTab, PHONE, startBrowser } from '../../test/browser/support/browser.ts';
import { startUnit, type Unit } from '../../test/browser/support/unit.ts';
import { goTo, signIn } from '../../test/browser/support/visitor.ts';
import { type OptionTable, parseOptions } from './arguments.ts';
import { waitFor } from './wait-for.ts';

const TABLE = {
  clips: { kind: 'text', what: 'FOLDER', help: 'films that the cameras show (default: generated pictures)' },
  out: { kind: 'text', what: 'FOLDER', help: 'where the pictures go (default: docs/images)' },
  help: { kind: 'flag', help: 'this text' },
} satisfies OptionTable;

const NAMES = ['Line 2', 'Car park', 'Entrance', 'Delivery gate'];
/** The last camera is away, so that the pictures show how that is said. */
const AWAY = NAMES.length;
/** Enough for a minute's timeline with a gap in its first half. */
const BEFORE_GAP_S = 25;
const GAP_S = 8;
const AFTER_GAP_S = 30;

const WIDTHS = [
  { name: 'desktop', options: { ...DESKTOP } },
  { name: 'phone', options: { ...PHONE, deviceScaleFactor: 2 } },
];

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), TABLE);
  if (options.help) {
    console.log(
      'scripts/screenshots [--clips FOLDER] [--out FOLDER]: overview, stream report, live and playback, on a desktop and on a phone',
    );
    return;
  }
  const out = options.out ?? join(import.meta.dirname, '../../docs/images');
  await mkdir(out, { recursive: true });
  const unit = await startUnit({
    cameras: [{ cameras: NAMES.length, subClip: false, ...(options.clips ? { clipFolder: options.clips } : {}) }],
    channels: [],
    stack: { channelCount: 8, ratingMbps: 24, settings: { name: 'Warehouse east' } },
  });
  const browser = await startBrowser();
  try {
    await record(unit);
    for (const { name, options: context } of WIDTHS)
      await takeAll(browser, unit, context, (page) => join(out, `${page}-${name}.png`));
  } finally {
    await browser.close();
    await unit.stop();
  }
}

/** A minute of footage with one gap in it. */
async function record(unit: Unit): Promise<void> {
  const api = await unit.stack.signIn();
  const [cameras] = unit.cameras;
  await cameras?.setFault(AWAY, { kind: 'refuse' });
  for (const [i, name] of NAMES.entries()) {
    await api.send('POST', '/channels', { name, url: cameras?.urls[i], allotmentMbps: 3 });
  }
  await pause(BEFORE_GAP_S);
  await cameras?.setFault(1, { kind: 'refuse', forSeconds: GAP_S });
  await pause(GAP_S + AFTER_GAP_S);
}

async function takeAll(
  browser: Browser,
  unit: Unit,
  context: Parameters<typeof openTab>[1],
  fileOf: (page: string) => string,
): Promise<void> {
  const { page, faults } = await openTab(browser, context);
  await signIn(page, unit.stack);
  await page.locator('tr[data-channel="1"]').getByText('Recording').waitFor();
  await pause(1.5);
  await page.screenshot({ path: fileOf('overview') });

  await page.getByRole('link', { name: `Stream report of ${NAMES[0]}` }).click();
  await page.getByText('Measured over').waitFor();
  await page.screenshot({ path: fileOf('stream') });
  await page.keyboard.press('Escape');

  await goTo(page, 'Live');
  await waitFor(
    'three live pictures',
    20_000,
    async () => (await page.locator('.tile[data-view="playing"]').count()) === 3,
  );
  await pause(2);
  await page.screenshot({ path: fileOf('live') });

  await goTo(page, 'Playback');
  await page.getByRole('button', { name: 'Min', exact: true }).click();
  await pause(1.5);
  await clickTimeline(page, 0.3);
  await waitFor('playback', 20_000, async () => (await page.locator('.stage').getAttribute('data-state')) === 'ready');
  await page.getByRole('button', { name: 'Select a clip' }).click();
  await page.mouse.move(5, 5);
  await page.evaluate(() => scrollTo(0, 0));
  await pause(2);
  await page.screenshot({ path: fileOf('playback') });
  for (const fault of faults) console.error(`screenshots: ${fault}`);
  await page.context().close();
}

async function clickTimeline(page: Page, share: number): Promise<void> {
  const box = await page.getByRole('slider', { name: /^Timeline of/ }).boundingBox();
  if (box) await page.mouse.click(box.x + box.width * share, box.y + 50);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

main().catch((error: unknown) => {
  if (!isAppError(error)) throw error;
  console.error(`screenshots: ${error.message}`);
  process.exitCode = error.kind === 'bad-input' ? 2 : 1;
});
