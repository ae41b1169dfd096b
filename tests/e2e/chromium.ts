/** Real Chromium for the browser tests: found on this machine, never fetched. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** The browser's path: `LOUPE_CHROMIUM`, else the usual places; undefined where there is none. */
export function findChromium(): string | undefined {
  return [process.env.LOUPE_CHROMIUM, ...places].find((path) => path !== undefined && existsSync(path));
}

/** Why browser tests cannot run here, or false: for node:test's `skip`. */
export const noChromium = findChromium() === undefined ? 'no Chromium: set LOUPE_CHROMIUM to its path' : false;

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export interface Browser {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the page: exceptions, and what it wrote to the console as an error. */
  readonly errors: string[];
  readonly close: () => Promise<void>;
}

/** A browser with a fresh profile, which goes when it is closed. */
export async function openBrowser(options: { width?: number; height?: number; dark?: boolean } = {}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'loupe-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium()!, args: flags, colorScheme: options.dark ? 'dark' : 'light',
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 }, permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return {
    page, context, errors,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/**
 * Scrolls a panel into sight until something in it is there. A panel is drawn only while it is seen, and what stands above it grows as
 * it loads, and may push it out of sight again before it is.
 */
export async function reach(panel: Locator, inside: Locator): Promise<void> {
  for (const end = Date.now() + 20_000; (await inside.count()) === 0 && Date.now() < end;) {
    await panel.scrollIntoViewIfNeeded();
    await panel.page().waitForTimeout(100);
  }
  await inside.first().waitFor();
}
