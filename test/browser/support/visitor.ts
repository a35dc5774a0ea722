import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Stack } from '../../../scripts/lib/stack.ts';
import { waitFor } from '../../../scripts/lib/wait-for.ts';

/* What a person does with the page. */

export const PASSWORD = 'correct horse battery staple';

/** First visit: the code from the console, a password. */
export async function setUp(page: Page, stack: Stack): Promise<void> {
  await page.goto(stack.address);
  await page.getByLabel('Setup code').fill(stack.setupCode ?? '');
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('Repeat the password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByRole('heading', { name: 'Channels' }).waitFor();
}

export async function signIn(page: Page, stack: Stack): Promise<void> {
  await page.goto(stack.address);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Channels' }).waitFor();
}

export async function goTo(page: Page, name: 'Overview' | 'Live' | 'Playback'): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name }).click();
}

export async function addChannel(
  page: Page,
  channel: { name: string; url: string; allotmentMbps?: number },
): Promise<void> {
  await page.getByRole('button', { name: 'Add channel' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(channel.name);
  await dialog.getByLabel('RTSP address').fill(channel.url);
  if (channel.allotmentMbps) await dialog.getByLabel('Allotment').fill(String(channel.allotmentMbps));
  await dialog.getByRole('button', { name: 'Add channel' }).click();
}

/** What a video element has done so far. */
export interface Picture {
  readonly currentS: number;
  readonly frames: number;
  readonly waits: number;
  /** Of the pixels on screen, coarse. */
  readonly pixels: readonly number[];
}

/** Counts `waiting` from the first call on. */
export function look(page: Page, selector: string): Promise<Picture> {
  return page.locator(selector).evaluate((element) => {
    const video = element as HTMLVideoElement & { waits?: number };
    if (video.waits === undefined) {
      video.waits = 0;
      video.addEventListener('waiting', () => {
        video.waits = (video.waits ?? 0) + 1;
      });
    }
    const canvas = document.createElement('canvas');
    canvas.width = 32;
    canvas.height = 18;
    const context = canvas.getContext('2d')!;
    context.drawImage(video, 0, 0, 32, 18);
    const pixels = [...context.getImageData(0, 0, 32, 18).data];
    const frames = video.getVideoPlaybackQuality().totalVideoFrames;
    return { currentS: video.currentTime, frames, waits: video.waits, pixels };
  });
}

/** Decoded frames and media time go on, and what is on screen is not black and changes. */
export async function expectMoving(
  page: Page,
  selector: string,
  seconds = 2,
): Promise<{ before: Picture; after: Picture }> {
  await waitFor(`${selector} shows a picture`, 20_000, async () => (await look(page, selector)).frames > 5);
  const before = await look(page, selector);
  await page.waitForTimeout(seconds * 1000);
  const after = await look(page, selector);
  expect(after.frames - before.frames).toBeGreaterThan(seconds * 10);
  expect(after.currentS - before.currentS).toBeGreaterThan(seconds * 0.5);
  expect(brightness(after)).toBeGreaterThan(10);
  expect(difference(before, after)).toBeGreaterThan(0.5);
  return { before, after };
}

function brightness({ pixels }: Picture): number {
  return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
}

function difference(a: Picture, b: Picture): number {
  return a.pixels.reduce((sum, value, i) => sum + Math.abs(value - (b.pixels[i] ?? 0)), 0) / a.pixels.length;
}

export function hasSidewaysScroll(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}
