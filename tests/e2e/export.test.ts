/** Exporting from the studio: the dialog from each of its three doors, what it counts, the job, and what lies on disk afterwards. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { verify } from '../../src/main/catalog/verify.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

interface Axe { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }

describe('Exporting', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => {
    studio = await openStudio({ features: 300, width: 1280, height: 800 });
    await studio.go('#/features');
    await studio.page.locator('#feature-table .item[aria-rowindex]').first().waitFor();
  });
  after(async () => { await studio?.end(); });

  const dialog = () => studio.page.getByRole('dialog', { name: /^Export/ });
  const counted = (features: string): Promise<unknown> => studio.page.waitForFunction((wanted) => (document.querySelector('dialog .estimate')?.textContent ?? '').includes(wanted), features);

  test('opens from the palette, the switcher and the page; Escape closes it', async () => {
    await studio.page.keyboard.press('Control+k');
    await studio.page.keyboard.type('export the catalog');
    await studio.page.keyboard.press('Enter');
    await dialog().waitFor();
    await counted('300 features');
    await studio.page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    await studio.page.locator('.switcher .current').click();
    await studio.page.getByRole('menuitem', { name: /^Export small/ }).click();
    await dialog().waitFor();
    await studio.page.keyboard.press('Escape');
    await studio.page.getByRole('button', { name: 'Export what is shown' }).click();
    await dialog().waitFor();
    await studio.page.keyboard.press('Escape');
  });

  test('counts what the choices mean, and says what is wrong with them', async () => {
    await studio.page.keyboard.press('Control+e');
    await counted('300 features, about');
    await studio.page.getByLabel('Numbers of features').fill('0-9,20');
    await counted('11 features');
    await studio.page.getByLabel('Numbers of features').fill('9-');
    await dialog().getByText('Give indices such as 0-99,200.').waitFor();
    assert.ok(await dialog().getByRole('button', { name: /^Export/ }).last().isDisabled());
    await studio.page.getByLabel('Numbers of features').fill('5000');
    await dialog().getByText(/is in this selection/).waitFor();
    await studio.page.keyboard.press('Escape');
  });

  test('exports what the table shows as a catalog, which is whole', async () => {
    await studio.go('#/features?labelled=1');
    await studio.page.waitForFunction(() => /^\s*\d+ of 300/.test(document.querySelector('.state')?.textContent ?? ''));
    const shown = /(\d+) of 300/.exec(await studio.page.locator('.state').innerText())![1]!;
    await studio.page.getByRole('button', { name: 'Export what is shown' }).click();
    await counted(`${shown} features`);
    await dialog().getByLabel('Catalog (.loupe)').check();
    await dialog().getByLabel('Name, or a whole path').fill('labelled');
    await dialog().getByRole('button', { name: `Export ${shown}` }).click();
    await dialog().getByText('It lies at').waitFor({ timeout: 60_000 });
    const path = join(studio.workspace, 'exports', 'labelled.loupe');
    assert.equal((await dialog().locator('.path code').innerText()).trim(), path);
    assert.deepEqual(verify(path).problems, []);
    await dialog().getByRole('button', { name: 'Close' }).last().click();
  });

  test('exports a site without names and text, under a name that is free', async () => {
    await studio.page.keyboard.press('Control+e');
    await dialog().getByLabel('The whole catalog').check();
    await dialog().getByLabel('Web site').check();
    await dialog().getByLabel('Classes of tokens').check();
    await dialog().getByLabel('Leave out names').press('Space');
    await counted('300 features');
    await dialog().getByRole('button', { name: 'Export 300' }).click();
    await dialog().getByText('It lies at').waitFor({ timeout: 60_000 });
    const path = join(studio.workspace, 'exports', 'small-site');
    assert.ok(existsSync(join(path, 'index.html')));
    assert.deepEqual(readdirSync(join(studio.workspace, 'exports')).toSorted(), ['labelled.loupe', 'small-site']);
    await dialog().getByRole('button', { name: 'Export something else' }).click();
    await counted('300 features');
    await studio.page.keyboard.press('Escape');
  });

  test('axe finds nothing serious in the dialog', async () => {
    await studio.page.keyboard.press('Control+e');
    await counted('features, about');
    await studio.page.evaluate(readFileSync(resolve(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8'));
    const { violations } = await studio.page.evaluate(() => (globalThis as unknown as { axe: Axe }).axe.run());
    assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`), []);
    if (process.env['LOUPE_SHOTS'] !== undefined) {
      for (const theme of ['light', 'dark']) {
        await studio.page.evaluate((wanted) => { document.documentElement.dataset['theme'] = wanted; }, theme);
        await studio.page.screenshot({ path: join(process.env['LOUPE_SHOTS'], `export-${theme}.png`) });
      }
    }
    await studio.page.keyboard.press('Escape');
  });

  test('no page threw', () => assert.deepEqual(studio.errors, []));
});
