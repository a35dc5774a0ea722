import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const;
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;

export interface Tab {
  readonly page: Page;
  /** Uncaught exceptions and violations of the security policy; a test ends with none. */
  readonly faults: readonly string[];
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.HOLDFAST_CHROMIUM ?? '/usr/bin/chromium',
    // As root, as in a container, Chromium does not start with its sandbox.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

export async function openTab(browser: Browser, options: BrowserContextOptions): Promise<Tab> {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', acceptDownloads: true, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Uncaught/.test(message.text())) faults.push(message.text());
  });
  return { page, faults };
}
