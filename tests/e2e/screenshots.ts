/** Pictures of every page for eyes to judge: `node tests/e2e/screenshots.ts ADDRESS FOLDER [filter]`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser } from './chromium.ts';

const [address, folder = 'out/screenshots', only = ''] = process.argv.slice(2);
if (address === undefined) throw new Error('usage: screenshots.ts ADDRESS FOLDER [filter]');

type Shot = readonly [name: string, route: string, prepare?: (page: Page) => Promise<void>];
const shots: readonly Shot[] = [
  ['workspace', '#/workspace'],
  ['features', '#/features'],
  ['features-detail', '#/features/12'],
  ['features-scatter', '#/features/12?sort=density&desc=1', (page) => page.keyboard.press('d')],
  ['features-map', '#/features/12', (page) => page.keyboard.press('p')],
  ['features-meaning', '#/features/12', (page) => page.keyboard.press('m')],
  ['feature', '#/feature/12'],
  ['feature-open', '#/feature/12', async (page) => {
    await page.locator('section[aria-label="Examples"] [role="button"]').nth(2).click();
    await page.locator('section[aria-label="Examples"] .all [data-i]').nth(20).hover();
    await page.getByRole('button', { name: 'Notes and history' }).click();
  }],
  ['label', '#/label'],
  ['label-lists', '#/label?view=lists'],
  ['runs', '#/runs/run-live'],
  ['runs-failed', '#/runs/run-failed'],
  ['runs-sweep', '#/runs/run-sweep'],
  ['new-train', '#/runs/new?kind=train'],
  ['new-harvest', '#/runs/new?kind=harvest', async (page) => { await page.locator('button[type="submit"]').click(); }],
  ['settings', '#/settings'],
  ['palette', '#/features/12', (page) => page.keyboard.press('Control+k')],
  ['keys', '#/features/12', (page) => page.keyboard.press('?')],
];
const looks = [{ name: '1280-light', width: 1280, height: 800, dark: false }, { name: '1600-dark', width: 1600, height: 1000, dark: true }, { name: '1000-light', width: 1000, height: 760, dark: false }];

await mkdir(folder, { recursive: true });
for (const look of looks) {
  const browser = await openBrowser(look);
  await browser.page.goto(address);
  await browser.page.waitForTimeout(800);
  for (const [name, route, prepare] of shots) {
    const file = `${name}-${look.name}.png`;
    if (!file.includes(only)) continue;
    await browser.page.evaluate((hash) => { location.hash = hash; }, route);
    await browser.page.waitForTimeout(700);
    await prepare?.(browser.page);
    await browser.page.waitForTimeout(300);
    await browser.page.screenshot({ path: join(folder, file) });
    await browser.page.keyboard.press('Escape');
    await browser.page.evaluate(() => { location.hash = '#/settings'; });
  }
  for (const error of browser.errors) console.error(`${look.name}: ${error}`);
  await browser.close();
}
