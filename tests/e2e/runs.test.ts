/** Starting runs from forms that are made out of the config schemas, and what is shown of them. On the real host. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Runs and workspace', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => { studio = await openStudio({ features: 60 }); });
  after(async () => { await studio?.end(); });

  const field = (name: string) => studio.page.locator(`[id="field-${name}"]`);

  test('each kind of run has a form of its own', async () => {
    await studio.go('#/runs/new?kind=train');
    await field('dSae').waitFor();
    assert.equal(await field('seed').inputValue(), '0');
    for (const kind of ['Harvest', 'Training', 'Catalog build', 'Sample']) await studio.page.getByRole('radio', { name: kind, exact: true }).waitFor();
  });

  test('what is wrong is said at its field before anything is sent, and the first wrong field has the focus', async () => {
    await field('dSae').fill('1.5');
    await field('seed').fill('-1');
    await studio.page.getByRole('button', { name: 'Start training' }).click();
    assert.match(await studio.page.locator('[id="field-dSae-about"]').innerText(), /whole number/);
    assert.match(await studio.page.locator('[id="field-seed-about"]').innerText(), /at least 0/);
    assert.equal(await field('dSae').getAttribute('aria-invalid'), 'true');
    assert.match(studio.page.url(), /runs\/new/);
  });

  test('a run that cannot work fails with a message that names the value, and stays in the list', async () => {
    await studio.go('#/runs/new?kind=harvest');
    await field('model').fill('/nowhere/model');
    await field('hooks').fill('blocks.0.hook_resid_post');
    await field('corpus').fill('/nowhere/corpus.txt');
    await studio.page.getByRole('button', { name: 'Start harvest' }).click();
    const alert = studio.page.getByRole('alert').filter({ hasText: '/nowhere/' });
    await alert.first().waitFor({ timeout: 30_000 });
    await alert.first().getByText('Technical detail').click();
    assert.match(await alert.first().locator('pre').innerText(), /^[a-z-]+: /);
  });

  test('the workspace lists its catalog, and adds a corpus by path', async () => {
    const corpus = join(studio.workspace, 'outside.txt');
    await writeFile(corpus, 'One document.\n\nAnother document.\n');
    await studio.go('#/workspace');
    await studio.page.getByRole('link', { name: /small/ }).waitFor();
    await studio.page.getByRole('region', { name: 'Corpora' }).getByRole('button', { name: 'Add' }).click();
    const dialog = studio.page.getByRole('dialog');
    await dialog.getByLabel('Path').fill(corpus);
    await dialog.getByRole('button', { name: 'Add this corpus' }).click();
    await studio.page.getByRole('region', { name: 'Corpora' }).getByText('outside').first().waitFor();
  });

  test('a path that is no model is refused with the reason, and the dialog stays', async () => {
    await studio.page.getByRole('region', { name: 'Models' }).getByRole('button', { name: 'Add', exact: true }).first().click();
    const dialog = studio.page.getByRole('dialog');
    await dialog.getByLabel('Path').fill('/nowhere/model.gguf');
    await dialog.getByRole('button', { name: 'Add this model' }).click();
    await studio.page.getByRole('alert').filter({ hasText: '/nowhere/model.gguf' }).first().waitFor();
    assert.equal(await dialog.count(), 1);
    await studio.page.keyboard.press('Escape');
  });

  test('a linked corpus is forgotten, its file stays', async () => {
    const section = studio.page.getByRole('region', { name: 'Corpora' });
    await section.getByRole('button', { name: /Forget|Move/ }).click();
    await studio.page.getByRole('dialog').getByRole('button', { name: /^(Forget|Move to trash)$/ }).click();
    await section.getByText('outside').first().waitFor({ state: 'detached' });
  });

  test('a catalog opens from the workspace', async () => {
    await studio.page.getByRole('link', { name: /small/ }).click();
    await studio.page.locator('#feature-row-0').waitFor();
    assert.match(studio.page.url(), /catalog=/);
  });

  test('no page threw', () => assert.deepEqual(studio.errors, []));
});
