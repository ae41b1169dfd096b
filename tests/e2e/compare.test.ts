/** Two catalogs side by side, by where features fire: pairs, only-here lists, figures, both features of a pair, labels copied. On the real host. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openCatalog, stopThreads } from '../../src/main/catalog/client.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Compare', { skip: noStudio }, () => {
  let studio: Studio;
  let alone = -1;

  const shot = async (name: string): Promise<void> => {
    const to = process.env['LOUPE_SHOTS'];
    if (to !== undefined) await studio.page.screenshot({ path: join(to, `${name}.png`) });
  };

  before(async () => {
    studio = await openStudio({ features: 80, width: 1280, height: 800 });
    const catalogs = join(studio.workspace, 'catalogs');
    copyFileSync(join(catalogs, 'small.loupe'), join(catalogs, 'other.loupe'));
    const catalog = await openCatalog(join(catalogs, 'small.loupe'));
    const { rows } = await catalog.features({ source: 1, sort: 'index', descending: false, filter: { labelled: false, dead: false }, search: null, offset: 0, limit: 1 } as never) as { rows: { index: number }[] };
    alone = rows[0]!.index;
    await catalog.setLabel({ source: 1, index: alone, text: 'only labelled here', author: 'Ada', kind: 'manual', confidence: 4, notes: '' });
    await catalog.close();
    await stopThreads();
    await studio.page.reload();
  });
  after(async () => { await studio?.end(); });

  test('two sources are chosen and compared as a job', async () => {
    await studio.go('#/compare');
    await studio.page.locator('select[aria-label="One source"] option').nth(2).waitFor({ state: 'attached', timeout: 30_000 });
    await studio.page.getByLabel('One source').selectOption({ label: 'small (80)' });
    await studio.page.getByLabel('The other source').selectOption({ label: 'other (80)' });
    await studio.page.locator('main').getByRole('button', { name: 'Compare', exact: true }).click();
    await studio.page.getByRole('tab', { name: /^Matched \(\d+/ }).waitFor();
    await studio.page.locator('.pair').first().waitFor();
    await shot('compare-matched');
    // A copy fires where its original does: every feature that fires matches itself.
    const rows = await studio.page.locator('.pair').allInnerTexts();
    for (const row of rows.slice(0, 10)) {
      const numbers = row.split('\n').filter((cell) => /^[\d.,]+$/.test(cell.trim()));
      assert.equal(numbers[0], numbers[2], row);
      assert.equal(numbers[1], '1.000', row);
    }
  });

  test('a pair shows both features side by side', async () => {
    await studio.page.locator('.pair').first().click();
    await studio.page.getByRole('region', { name: /^Feature \d+ of small$/ }).waitFor();
    await studio.page.getByRole('region', { name: /^Feature \d+ of other$/ }).getByText(/density/).waitFor();
    await shot('compare-both');
    await studio.page.locator('.pair').first().click();
  });

  test('labels are copied across matches as suggestions that say where they came from', async () => {
    await studio.page.getByRole('button', { name: /^Copy 1 label to other/ }).click();
    await studio.page.getByText(/1 label copied to other/).waitFor();
    const catalog = await openCatalog(join(studio.workspace, 'catalogs', 'other.loupe'), { readOnly: true });
    const { label } = await catalog.feature({ source: 1, index: alone });
    await catalog.close();
    await stopThreads();
    assert.equal(label?.text, 'only labelled here');
    assert.match(label!.notes, new RegExp(`From feature ${alone} of small \\(example overlap 1\\.000\\)`));
  });

  test('figures stand side by side, with their formula on hover', async () => {
    await studio.page.getByRole('tab', { name: 'Figures' }).click();
    const row = studio.page.getByRole('row', { name: /Dead features/ });
    await row.waitFor();
    const [, a, b] = await row.getByRole('cell').allInnerTexts();
    assert.equal(a, b);
    await row.getByRole('cell').first().hover();
    await studio.page.getByRole('tooltip').getByText(/never fires/).waitFor();
    await shot('compare-figures');
  });

  test('a threshold above every value leaves the features to the lists of one side', async () => {
    await studio.page.getByRole('tab', { name: /^Matched/ }).click();
    await studio.page.getByLabel('Least similarity').fill('1.1');
    await studio.page.getByText('No pair is as alike as that').waitFor();
    await studio.page.getByRole('tab', { name: /^Only in small/ }).click();
    await studio.page.locator('.only').first().click();
    await studio.page.waitForURL(/#\/feature\/\d+\?/);
  });

  test('no page threw, and nothing broke the content security policy', () => assert.deepEqual(studio.errors, []));
});
