/** Scatter, map and search by meaning beside the table, on the real host with a tiny encoder of random weights. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { tinyEncoder } from '../support/encoder-fixtures.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Exploring a catalog', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => {
    studio = await openStudio({ features: 200 });
    await writeFile(join(studio.workspace, 'settings.json'), JSON.stringify({ version: 1, encoder: tinyEncoder }));
    await studio.go('#/features');
    await rows().first().waitFor();
  });
  after(async () => { await studio?.end(); });

  const page = () => studio.page;
  const rows = () => page().locator('#feature-table .item[aria-rowindex]');
  const button = (name: string | RegExp) => page().getByRole('button', { name });
  const shown = (): Promise<number> => page().waitForFunction(() => Number(/^\s*([\d,]+) of 200 features/.exec(document.querySelector('.state')?.textContent ?? '')?.[1]?.replaceAll(',', '')) || null).then(async (value) => Number(await value.jsonValue()));

  async function drag(chart: string, from: readonly [number, number], to: readonly (readonly [number, number])[]): Promise<void> {
    const box = (await page().getByRole('img', { name: chart }).boundingBox())!;
    const at = ([x, y]: readonly [number, number]): [number, number] => [box.x + box.width * x, box.y + box.height * y];
    await page().mouse.move(...at(from));
    await page().mouse.down();
    for (const place of to) await page().mouse.move(...at(place), { steps: 6 });
    await page().mouse.up();
  }

  test('a rectangle on the scatter filters by density and height, whichever height is chosen', async () => {
    await page().keyboard.press('d');
    await page().getByRole('img', { name: 'Density and maximum activation' }).waitFor();
    await drag('Density and maximum activation', [0.3, 0.2], [[0.6, 0.6]]);
    const some = await shown();
    assert.ok(some > 0 && some < 200);
    assert.match(page().url(), /dmin=.*dmax=.*amin=.*amax=/);
    await button('Clear brush').click();
    await page().getByLabel('Vertical axis').selectOption('mean');
    await page().getByRole('img', { name: 'Density and mean activation' }).waitFor();
    await drag('Density and mean activation', [0.3, 0.2], [[0.6, 0.6]]);
    await shown();
    assert.match(page().url(), /mmin=.*mmax=/);
    await page().keyboard.press('x');
  });

  test('a lasso takes the features that lie in it; clearing it shows all again', async () => {
    await page().getByLabel('How an area is chosen').selectOption('lasso');
    await page().waitForTimeout(300);
    await drag('Density and mean activation', [0.3, 0.3], [[0.7, 0.3], [0.7, 0.7], [0.5, 0.4], [0.3, 0.7], [0.3, 0.3]]);
    const some = await shown();
    assert.ok(some > 0 && some < 200);
    assert.match(await page().locator('.chip').innerText(), /chosen in the scatter/);
    await button('Clear brush').click();
    await page().waitForFunction(() => /200 features,/.test(document.querySelector('.state')?.textContent ?? ''));
    await page().getByLabel('How an area is chosen').selectOption('rect');
  });

  test('a map is made by a job, from the neighbours that the catalog stores where its dictionary is not here', async () => {
    await page().keyboard.press('p');
    await button('Map 200 features').click();
    await page().getByRole('img', { name: 'Map of decoder directions' }).waitFor({ timeout: 60_000 });
    await drag('Map of decoder directions', [0.1, 0.1], [[0.5, 0.9]]);
    assert.ok((await shown()) < 200);
    assert.match(await page().locator('.chip').innerText(), /chosen on the map/);
    await page().keyboard.press('x');
  });

  test('by keyboard: arrows walk over the map, and the nearest go into the table', async () => {
    await page().getByRole('application', { name: /Map of decoder directions/ }).focus();
    await page().keyboard.press('ArrowRight');
    await page().getByRole('heading', { level: 1 }).waitFor();
    const before = await page().getByRole('heading', { level: 1 }).innerText();
    // The first point may stand at an edge: two opposite steps lead somewhere from anywhere.
    for (const key of ['ArrowRight', 'ArrowUp', 'ArrowLeft', 'ArrowDown']) {
      await page().keyboard.press(key);
      await page().waitForTimeout(200);
      if ((await page().getByRole('heading', { level: 1 }).innerText()) !== before) break;
    }
    assert.notEqual(await page().getByRole('heading', { level: 1 }).innerText(), before);
    assert.equal(await page().evaluate(() => document.activeElement?.getAttribute('role')), 'application', 'the map keeps the focus');
    // The ring stands where the feature is; another chart of the same feature puts it there before it is drawn for the first time.
    await page().locator('.ring').waitFor();
    for (const key of ['d', 'p']) {
      await page().keyboard.press(key);
      await page().locator('.ring').waitFor();
    }
    await page().getByRole('application', { name: /Map of decoder directions/ }).focus();
    await button('50 nearest').focus();
    await page().keyboard.press('Enter');
    assert.equal(await shown(), 50);
    await page().keyboard.press('Escape');
    await page().keyboard.press('x');
  });

  test('texts are embedded by a job; a search finds words first, then what means much the same, and goes into the table', async () => {
    await page().keyboard.press('m');
    await button('Embed 200 texts').click();
    await page().waitForFunction(() => document.querySelector('.meaning') !== null && !/Embed|not embedded/.test(document.querySelector('.meaning')!.textContent ?? ''), undefined, { timeout: 60_000 });
    await page().keyboard.press('Escape');
    await page().getByRole('columnheader', { name: 'Label' }).getByRole('button').click();
    await page().waitForFunction(() => /sense/.test(document.querySelector('#feature-table .item .label')?.textContent ?? ''));
    const label = (await page().locator('#feature-table .item .label').first().innerText()).trim();
    await page().locator('.meaning input').fill(label);
    await page().locator('.meaning .hit').first().waitFor();
    const kinds = await page().locator('.meaning .hit').evaluateAll((hits) => hits.map((hit) => (/words\s*[\d.-]*\s*$/.test(hit.textContent ?? '') ? 'words' : 'meaning')));
    assert.ok(kinds.includes('meaning') && kinds.includes('words'));
    assert.deepEqual(kinds, kinds.toSorted((a, b) => (a === b ? 0 : a === 'words' ? -1 : 1)));
    const found = kinds.length;
    await button(/^Show \d+ features in the table$/).click();
    assert.equal(await shown(), found);
    assert.match(page().url(), /sort=relevance/);
  });

  test('the scatter is saved as CSV with every feature', async () => {
    await page().keyboard.press('Escape');
    await page().locator('#feature-table').focus();
    await page().keyboard.press('d');
    const [download] = await Promise.all([page().waitForEvent('download'), button('Save Density and mean activation as CSV').click()]);
    const lines = (await readFile((await download.path())!, 'utf8')).trim().split('\r\n');
    assert.equal(lines.length, 201);
    assert.match(lines[0]!, /^feature,"density, firings a token",mean activation/);
    assert.deepEqual(studio.errors, []);
  });

  test('a chart that is measured before it is first drawn waits for its axes: the page stays, the ring comes', async () => {
    const scatter = page().getByRole('img', { name: /^Density and/ });
    if (await scatter.count() > 0) await button('Scatter of features').click();
    await scatter.waitFor({ state: 'detached' });
    // A busy page draws late: the chart is laid out, and measured, well before.
    await page().evaluate(() => { globalThis.requestIdleCallback = (work) => setTimeout(work, 300) as unknown as number; globalThis.cancelIdleCallback = (id) => { clearTimeout(id); }; });
    await studio.go('#/features/3');
    await button('Scatter of features').click();
    await page().locator('.ring').waitFor({ state: 'attached' });
    assert.equal(await page().getByText('This page cannot be drawn').count(), 0);
  });
});
