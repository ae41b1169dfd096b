/** The way through a catalog: table, search, filters, feature, examples, labels, keys, links. On the real host. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Features', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => { studio = await openStudio({ features: 600 }); });
  after(async () => { await studio?.end(); });

  const heading = () => studio.page.getByRole('heading', { level: 1 });
  const rows = () => studio.page.locator('#feature-table .item[aria-rowindex]');
  const state = () => studio.page.locator('.state');
  const numbers = async (column: number): Promise<number[]> => (await rows().locator(`> :nth-child(${column})`).allTextContents()).map((text) => (text.trim() === 'dead' || text.trim() === '–' ? 0 : Number.parseFloat(text.replaceAll(',', '').replace('<', ''))));
  /** The feature is shown, and no longer the one before under its number. */
  const at = (index: number): Promise<void> => studio.page.waitForFunction((wanted) => document.querySelector('h1')?.textContent?.replace(/\D/g, '') === wanted && document.querySelector(`article[aria-label="Feature ${wanted}"]`)?.getAttribute('aria-busy') !== 'true', String(index)).then(() => undefined);

  test('shows the newest catalog with its features', async () => {
    await studio.go('#/features');
    await rows().first().waitFor();
    assert.match(await state().innerText(), /600 features, \d+ labelled/);
    assert.deepEqual((await numbers(1)).slice(0, 3), [0, 1, 2]);
  });

  test('draws only the rows in sight, and the rest when they are scrolled to', async () => {
    assert.ok((await rows().count()) < 80);
    await studio.page.locator('#feature-table .rows > div').evaluate((list) => { list.scrollTop = list.scrollHeight; });
    await studio.page.locator('#feature-row-599').waitFor();
    await studio.page.locator('#feature-table .rows > div').evaluate((list) => { list.scrollTop = 0; });
    await studio.page.locator('#feature-row-0').waitFor();
  });

  test('sorts by a column, largest first, and turns round', async () => {
    const header = studio.page.getByRole('columnheader', { name: 'Max' });
    await header.getByRole('button').click();
    await studio.page.waitForFunction(() => document.querySelector('#feature-table .item .index')?.textContent !== '0');
    const down = await numbers(3);
    assert.deepEqual(down, down.toSorted((a, b) => b - a));
    assert.equal(await header.getAttribute('aria-sort'), 'descending');
    assert.match(studio.page.url(), /sort=max&desc=1/);
    await header.getByRole('button').click();
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    await studio.page.getByRole('columnheader', { name: 'Feature' }).getByRole('button').click();
    await studio.page.locator('#feature-row-0').waitFor();
  });

  test('finds by / and shows how many; Escape clears', async () => {
    await studio.page.keyboard.press('/');
    await studio.page.keyboard.type('sense');
    await studio.page.waitForFunction(() => /^\s*[\d,]+ of 600 features/.test(document.querySelector('.state')?.textContent ?? ''));
    const labels = await rows().locator('.label').allTextContents();
    assert.ok(labels.length > 0 && labels.every((label) => label.includes('sense')));
    await studio.page.keyboard.press('Escape');
    await studio.page.waitForFunction(() => /600 features,/.test(document.querySelector('.state')?.textContent ?? ''));
  });

  test('a search that nothing matches says so, and the rows come back', async () => {
    await studio.page.keyboard.press('/');
    await studio.page.keyboard.type('zzzznothing');
    await studio.page.getByText('No feature matches').waitFor();
    await studio.page.keyboard.press('Escape');
    await rows().first().waitFor();
    await studio.page.keyboard.press('Escape');
  });

  test('filters by label and state', async () => {
    const labelled = Number(/(\d+) labelled/.exec(await state().innerText())![1]);
    await studio.page.getByLabel('Labelled or not').selectOption('1');
    await studio.page.waitForFunction((n) => (document.querySelector('.state')?.textContent ?? '').includes(`${n} of 600`), labelled);
    await studio.page.getByLabel('Labelled or not').selectOption('');
    await studio.page.getByLabel('Dead or alive').selectOption('1');
    await studio.page.waitForFunction(() => [...document.querySelectorAll('#feature-table .item .density')].every((cell) => cell.textContent?.trim() === 'dead'));
    await studio.page.getByRole('button', { name: 'Clear all' }).click();
    await studio.page.locator('#feature-row-1').waitFor();
  });

  test('brushing the density histogram filters the table; clearing the chip shows all again', async () => {
    const chart = studio.page.getByRole('img', { name: 'Density' });
    const box = (await chart.boundingBox())!;
    await studio.page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.4);
    await studio.page.mouse.down();
    await studio.page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.4, { steps: 8 });
    await studio.page.mouse.up();
    await studio.page.waitForFunction(() => /of 600 features/.test(document.querySelector('.state')?.textContent ?? ''));
    const low = Number(/dmin=([\d.e-]+)/.exec(studio.page.url())![1]);
    const high = Number(/dmax=([\d.e-]+)/.exec(studio.page.url())![1]);
    const shown = await numbers(2);
    // The table shows two figures of a density.
    assert.ok(shown.length > 0 && shown.every((share) => share / 100 >= low * 0.94 && share / 100 <= high * 1.06), `${low} ${high}: ${shown.slice(0, 5).join(' ')}`);
    await studio.page.getByRole('button', { name: /Remove the filter density/ }).click();
    await studio.page.waitForFunction(() => /600 features,/.test(document.querySelector('.state')?.textContent ?? ''));
  });

  test('a chart is saved as PNG, SVG and CSV', async () => {
    const starts = { PNG: [0x89, 0x50, 0x4e, 0x47], SVG: [...Buffer.from('<svg')], CSV: [...Buffer.from('from,to,count\r\n')] };
    for (const [format, start] of Object.entries(starts)) {
      const download = studio.page.waitForEvent('download');
      await studio.page.getByRole('button', { name: `Save Density as ${format}` }).click();
      const file = await download;
      assert.equal(file.suggestedFilename(), `density-histogram.${format.toLowerCase()}`);
      assert.deepEqual([...(await readFile((await file.path())!)).subarray(0, start.length)], start, format);
    }
  });

  test('J and K walk through the list beside the feature', async () => {
    await studio.page.locator('#feature-table').focus();
    await studio.page.keyboard.press('j');
    await at(0);
    await studio.page.keyboard.press('j');
    await at(1);
    await studio.page.keyboard.press('k');
    await at(0);
    await studio.page.keyboard.press('k');
    assert.equal((await heading().innerText()).replace(/\s+/g, ' '), 'Feature 0');
    assert.equal(await studio.page.locator('#feature-row-0').getAttribute('aria-current'), 'true');
    assert.match(studio.page.url(), /#\/features\/0\?/);
  });

  test('J held down walks on feature by feature', async () => {
    for (let i = 1; i <= 40; i++) {
      await studio.page.keyboard.press('j');
      await at(i);
    }
    await studio.page.locator('#feature-row-40').waitFor();
    await studio.page.waitForFunction(() => document.querySelector('article[aria-label="Feature 40"]')?.getAttribute('aria-busy') === 'false');
    await studio.page.locator('#feature-table .rows > div').evaluate((list) => { list.scrollTop = 0; });
  });

  test('labels by keyboard: L, text, confidence, Enter; the row and the history follow; undo takes it back', async () => {
    await studio.page.locator('#feature-row-4').click();
    await at(4);
    const before = await studio.page.getByRole('textbox', { name: 'Label', exact: true }).inputValue();
    await studio.page.keyboard.press('3');
    await studio.page.keyboard.press('l');
    await studio.page.keyboard.press('Control+a');
    await studio.page.keyboard.type('<img src=x onerror=alert(1)> forms of “move”');
    await studio.page.keyboard.press('Enter');
    await studio.page.locator('#feature-row-4 .label', { hasText: 'forms of “move”' }).waitFor();
    assert.equal(await studio.page.locator('img').count(), 0);
    assert.equal(await studio.page.getByRole('radio', { name: 'Confidence 3' }).getAttribute('aria-checked'), 'true');
    await studio.page.getByRole('button', { name: 'Notes and history' }).click();
    await studio.page.locator('.label ol li.current', { hasText: 'forms of' }).waitFor();
    await studio.page.getByRole('button', { name: 'Take the newest label back' }).click();
    await studio.page.waitForFunction((text) => (document.querySelector<HTMLInputElement>('input[aria-label="Label"]')?.value ?? '') === text, before);
    await studio.page.waitForFunction(() => !document.querySelector('#feature-row-4')?.textContent?.includes('forms of “move”'));
  });

  test('examples fold to one line around an underlined peak; Enter opens one', async () => {
    await studio.page.locator('#feature-row-6').click();
    await at(6);
    const example = studio.page.locator('section[aria-label="Examples"] [role="button"]').first();
    await example.waitFor();
    assert.equal(await example.locator('.peak').count(), 1);
    await example.focus();
    await studio.page.keyboard.press('Enter');
    assert.equal(await example.getAttribute('aria-expanded'), 'true');
    assert.ok((await example.locator('[data-i]').count()) >= 32);
    await studio.page.keyboard.press('ArrowRight');
    const tip = studio.page.getByRole('tooltip');
    assert.match(await tip.innerText(), /token[\s\S]*id[\s\S]*position[\s\S]*activation/);
  });

  test('the whole context is fetched on demand, and its peak is where it was', async () => {
    const example = studio.page.locator('section[aria-label="Examples"] [role="button"]').first();
    const peak = await example.locator('.peak').innerText();
    const window = await example.locator('[data-i]').count();
    await studio.page.getByRole('button', { name: 'Whole context' }).first().click();
    await studio.page.waitForFunction((n) => document.querySelector('section[aria-label="Examples"] [role="button"]')!.querySelectorAll('[data-i]').length > n, window);
    assert.equal(await example.locator('.peak').innerText(), peak);
  });

  test('shaded tokens can be read, and silent ones have no shade', async () => {
    const measured = await studio.page.evaluate(() => [...document.querySelectorAll<HTMLElement>('section[aria-label="Examples"] [data-i]')].map((token) => ({ background: token.style.backgroundColor, colour: token.style.color })));
    assert.ok(measured.some(({ background }) => background !== '') && measured.some(({ background }) => background === ''));
  });

  test('copies plain text; with Alt, << >> around the active tokens', async () => {
    const copy = studio.page.locator('section[aria-label="Examples"]').getByRole('button', { name: 'Copy' }).first();
    await copy.click();
    const plain = await studio.page.evaluate(() => navigator.clipboard.readText());
    await copy.click({ modifiers: ['Alt'] });
    const marked = await studio.page.evaluate(() => navigator.clipboard.readText());
    assert.ok(marked.includes('<<') && marked.includes('>>'));
    assert.equal(marked.replaceAll('<<', '').replaceAll('>>', ''), plain);
  });

  test('Enter opens the feature on its page, Escape leads back, and so does the browser', async () => {
    await studio.page.locator('#feature-row-6').click();
    await studio.page.locator('#feature-table').focus();
    await studio.page.keyboard.press('Enter');
    await studio.page.waitForURL(/#\/feature\/6/);
    await studio.page.locator('#feature-table').waitFor({ state: 'detached' });
    await at(6);
    await studio.page.keyboard.press('Escape');
    await studio.page.waitForURL(/#\/features\/6/);
    await studio.page.goBack();
    await studio.page.waitForURL(/#\/feature\/6/);
  });

  test('a copied link opens the same feature', async () => {
    await studio.page.keyboard.press('y');
    const link = await studio.page.evaluate(() => navigator.clipboard.readText());
    const other = await studio.context.newPage();
    await other.goto(link);
    await other.getByRole('heading', { name: 'Feature 6' }).waitFor();
    await other.close();
  });

  test('a neighbour opens from the list of neighbours', async () => {
    const neighbour = studio.page.locator('.neighbours button').first();
    const index = Number((await neighbour.locator('.index').innerText()).replaceAll(',', ''));
    await neighbour.click();
    await at(index);
  });

  test('a feature that does not exist is said in words, with the cure', async () => {
    await studio.go('#/feature/99999');
    await studio.page.getByRole('alert').first().waitFor();
    assert.match(await studio.page.getByRole('alert').first().innerText(), /99,?999/);
  });

  test('no page threw, and nothing broke the content security policy', () => {
    assert.deepEqual(studio.errors, []);
  });
});
