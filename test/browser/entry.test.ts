import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESKTOP, openTab, startBrowser, type Tab } from './support/browser.ts';
import { startUnit, type Unit } from './support/unit.ts';
import { PASSWORD } from './support/visitor.ts';

let unit: Unit;
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  unit = await startUnit({ cameras: [], channels: [], stack: { channelCount: 4, ratingMbps: 16 } });
  browser = await startBrowser();
  tab = await openTab(browser, DESKTOP);
  await tab.page.goto(unit.stack.address);
});
afterAll(async () => {
  await browser?.close();
  await unit?.stop();
});

describe('first visit', () => {
  async function attempt(code: string, password: string, repeated = password) {
    await tab.page.getByLabel('Setup code').fill(code);
    await tab.page.getByLabel('New password').fill(password);
    await tab.page.getByLabel('Repeat the password').fill(repeated);
    await tab.page.getByRole('button', { name: 'Set password' }).click();
  }
  const alert = () => tab.page.getByRole('alert');

  it('a code that the console did not show is refused', async () => {
    await attempt('0000-0000', PASSWORD);
    await alert().getByText('the code is not the one that the console shows').waitFor();
  });

  it('a short password is refused with the numbers', async () => {
    await attempt(unit.stack.setupCode ?? '', 'too short');
    await alert().getByText('has 9 characters, at least 12 are needed').waitFor();
  });

  it('a slip of the finger is noticed', async () => {
    await attempt(unit.stack.setupCode ?? '', PASSWORD, `${PASSWORD}!`);
    await alert().getByText('The two passwords differ.').waitFor();
  });

  it('the right code sets the password and signs in', async () => {
    await attempt(unit.stack.setupCode ?? '', PASSWORD);
    await tab.page.getByText('No camera is set up yet.').waitFor();
  });
});

describe('later visits', () => {
  it('the session outlives a reload', async () => {
    await tab.page.reload();
    await tab.page.getByRole('heading', { name: 'Channels' }).waitFor();
  });

  it('who signs out sees nothing more, also not after a reload', async () => {
    await tab.page.getByRole('button', { name: 'Sign out' }).click();
    await tab.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tab.page.reload();
    await tab.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('a wrong password is refused, the right one opens', async () => {
    const { page } = tab;
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('the password is not right').waitFor();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Channels' }).waitFor();
  });

  it('a session that ended elsewhere leads back to the door', async () => {
    await tab.page.context().clearCookies();
    await tab.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('the page did all this without an exception or a breach of its security policy', () =>
    expect(tab.faults).toEqual([]));
});
