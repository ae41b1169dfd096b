/** The panels of the feature page: they close and remember it, load when seen, lead to other features; contexts and copies. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { stopThreads } from '../../src/main/catalog/client.ts';
import { signedCatalog } from '../support/signed-catalog.ts';
import { reach } from './chromium.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Panels of the feature page', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => { studio = await openStudio({ features: 120 }); });
  after(async () => { await studio?.end(); });

  const panel = (title: string) => studio.page.getByRole('region', { name: title, exact: true });
  /** The feature is shown, and no longer the one before under its number. */
  const at = (index: number): Promise<void> => studio.page.waitForFunction((wanted) => document.querySelector('h1')?.textContent?.replace(/\D/g, '') === wanted && document.querySelector(`article[aria-label="Feature ${wanted}"]`)?.getAttribute('aria-busy') !== 'true', String(index)).then(() => undefined);
  /** The index of a generated feature that fires. */
  const shown = async (): Promise<number> => Number((await studio.page.getByRole('heading', { level: 1 }).innerText()).replace(/\D/g, ''));

  test('every panel has something to show, down to the last one', async () => {
    await studio.go('#/feature/4');
    await at(4);
    for (const title of ['Activations', 'Nearest by decoder cosine', 'Effect on the next token', 'Examples', 'Fires together with', 'Correlated features', 'Logit effects over the vocabulary', 'Correlated dimensions', 'Decoder weights']) {
      await reach(panel(title), panel(title).locator('.content').locator('svg, button, table, ol, [role="button"]'));
    }
    assert.match(await panel('Decoder weights').innerText(), /norm 1\.000[\s\S]*share of L1/);
  });

  test('a closed panel stays closed on the next feature and after a reload; the palette opens it again', async () => {
    await panel('Correlated features').getByRole('button', { name: 'Correlated features' }).click();
    await studio.page.keyboard.press('j');
    await at(5);
    assert.equal(await panel('Correlated features').locator('.content').count(), 0);
    await studio.page.reload();
    await at(5);
    assert.equal(await panel('Correlated features').getByRole('button').getAttribute('aria-expanded'), 'false');
    await studio.page.keyboard.press('Control+k');
    await studio.page.keyboard.type('Correlated features');
    await studio.page.keyboard.press('Enter');
    await reach(panel('Correlated features'), panel('Correlated features').locator('.content'));
  });

  test('a feature that fires together with it opens on click', async () => {
    await studio.go('#/feature/4');
    await at(4);
    const row = panel('Fires together with').locator('li button').first();
    await reach(panel('Fires together with'), row);
    const index = Number((await row.locator('.index').innerText()).replaceAll(',', ''));
    await row.click();
    await at(index);
    assert.equal(await shown(), index);
  });

  test('the contexts before and after an example stand around it; one that is not stored is said', async () => {
    const example = panel('Examples').locator('li').first();
    await example.getByRole('button').first().click();
    await example.getByRole('button', { name: 'Whole context' }).click();
    for (const [button, name] of [['Context before', 'The context before'], ['Context after', 'The context after']] as const) {
      await example.getByRole('button', { name: button }).click();
      await example.getByRole('button', { name: button }).waitFor({ state: 'detached' });
      const stored = await example.getByRole('group', { name }).count();
      if (stored === 0) await studio.page.getByText(/does not hold the context/).first().waitFor();
      else assert.ok((await example.getByRole('group', { name }).locator('[data-i]').count()) >= 64);
    }
  });

  test('the feature is copied as text, as JSON and as a link by keys', async () => {
    const index = await shown();
    const clipboard = (): Promise<string> => studio.page.evaluate(() => navigator.clipboard.readText());
    await studio.page.getByRole('heading', { level: 1 }).click();
    await studio.page.keyboard.press('c');
    await studio.page.keyboard.press('t');
    await studio.page.getByText('copied as text').waitFor();
    assert.match(await clipboard(), new RegExp(`^Feature ${index} of generated[\\s\\S]*<<`));
    await studio.page.keyboard.press('c');
    await studio.page.keyboard.press('j');
    await studio.page.getByText('copied as JSON').waitFor();
    const json = JSON.parse(await clipboard()) as { feature: { index: number; extras: { correlated: unknown[] } } };
    assert.equal(json.feature.index, index);
    assert.ok(json.feature.extras.correlated.length > 0);
    assert.equal(await shown(), index, 'the J of the sequence is no step');
  });

  test('no page threw, and nothing broke the content security policy', () => {
    assert.deepEqual(studio.errors, []);
  });
});

describe('A feature of both signs', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => {
    studio = await openStudio({ features: 0 });
    await mkdir(join(studio.workspace, 'catalogs'), { recursive: true });
    await signedCatalog(join(studio.workspace, 'catalogs', 'signed.loupe'));
    await stopThreads();
    await studio.page.reload();
    await studio.go('#/feature/3');
  });
  after(async () => { await studio?.end(); });

  test('both poles have a histogram and examples, shaded from one diverging ramp', async () => {
    const examples = studio.page.getByRole('region', { name: 'Examples', exact: true });
    await examples.getByRole('heading', { name: 'Strongest below 0' }).waitFor({ state: 'attached', timeout: 60_000 });
    await examples.getByRole('heading', { name: 'Top activations' }).waitFor();
    assert.equal(await studio.page.getByRole('region', { name: 'Activations', exact: true }).locator('.chart').count(), 2);
    const legend = await examples.getByRole('img', { name: /Shading from/ }).getAttribute('aria-label');
    const [low, high] = /from (\S+) to (\S+)/.exec(legend!)!.slice(1);
    assert.equal(low, `−${high}`);
    const peaks = examples.locator('.group').filter({ has: studio.page.getByRole('heading', { name: 'Strongest below 0' }) }).locator('.value');
    assert.ok((await peaks.allTextContents()).every((text) => text.startsWith('−')));
    assert.match(await studio.page.locator('.stats').innerText(), /minimum/);
  });

  test('no page threw', () => {
    assert.deepEqual(studio.errors, []);
  });
});
