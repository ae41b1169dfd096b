/** Draws resources/icons/icon.svg at every size, in Chromium: `node scripts/package/draw-icons.ts`. Run when the drawing changes; the PNGs are committed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openBrowser } from '../../tests/e2e/chromium.ts';

const folder = resolve(import.meta.dirname, '../../resources/icons');
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');
const browser = await openBrowser({ width: 1024, height: 1024 });
for (const size of sizes) {
  await browser.page.setViewportSize({ width: size, height: size });
  await browser.page.setContent(`<style>*{margin:0}body{background:transparent}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  writeFileSync(join(folder, `${size}x${size}.png`), await browser.page.screenshot({ omitBackground: true }));
}
await browser.close();
