/** The Models page and language models of Loupe's own: trained from the form, watched, compared, read. On the real host, with the plain JavaScript backend. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { findings, themes } from './axe.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Models that are trained here', { skip: noStudio }, () => {
  let studio: Studio;
  let corpus: string;
  before(async () => {
    studio = await openStudio({ features: 0, width: 1280, height: 800 });
    corpus = join(studio.workspace, 'cats.txt');
    await writeFile(corpus, 'the cat sat on the mat and looked at the dog. '.repeat(80));
  });
  after(async () => { await studio?.end(); });

  const field = (name: string): Locator => studio.page.locator(`[id="field-${name}"]`);
  const takes = (): Locator => studio.page.getByRole('region', { name: 'What it takes' });

  /** A model that trains in seconds without any native code. */
  async function fill(values: Readonly<Record<string, string>>): Promise<void> {
    const small = { data: corpus, layers: '2', dModel: '16', heads: '2', context: '16', batch: '4', validTokens: '64', steps: '12', logEvery: '2', validEvery: '6', ...values };
    for (const [name, value] of Object.entries(small)) await field(name).fill(value);
  }

  test('the Models page leads to a form, which says live what the run would take', async () => {
    const { page } = studio;
    await studio.go('#/models');
    await page.getByRole('button', { name: 'Train a model' }).first().click();
    await page.getByLabel('Architecture').selectOption({ label: 'MoE-X' });
    await page.getByText('arXiv 2503.07639').waitFor();
    await field('layers').waitFor();
    const parameters = takes().locator('dl div').first();
    await parameters.getByText('5.43 M').waitFor();
    await field('layer.experts').fill('2');
    await parameters.getByText('1.88 M').waitFor();
    assert.equal(await field('dModel').getAttribute('placeholder'), '192');
    await field('data').fill('chess');
    assert.deepEqual([await field('tokenizer').inputValue(), await field('preset').inputValue()], ['chess', 'desktop-chess']);
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('[id="field-dModel"]')!.placeholder === '128');
    await field('heads').fill('3');
    await takes().getByText('dModel is 128 and heads is 3').waitFor();
  });

  test('a run that does not fit, or has no data, is refused with what would do', async () => {
    const { page } = studio;
    await studio.go('#/runs/new?kind=lm-train&variant=dense');
    await page.waitForFunction(() => document.querySelector('select')?.value === 'dense');
    await field('data').fill(corpus);
    await field('preset').selectOption('paper-medium');
    await field('batch').fill('4096');
    await takes().getByText(/the run needs .* of memory/).waitFor();
    await page.getByRole('button', { name: 'Start model training' }).click();
    await page.getByRole('alert').filter({ hasText: /can be used/ }).waitFor();
    await field('preset').selectOption('desktop-text');
    await fill({ data: '/nowhere/corpus.txt' });
    await takes().getByText('/nowhere/corpus.txt').waitFor();
    await page.getByRole('button', { name: 'Start model training' }).click();
    await page.getByRole('alert').filter({ hasText: '/nowhere/corpus.txt' }).waitFor();
    assert.match(page.url(), /runs\/new/);
  });

  test('a model is trained from the form and lies in the workspace', async () => {
    const { page } = studio;
    await fill({ out: 'small-dense' });
    await page.getByRole('button', { name: 'Start model training' }).click();
    await page.waitForURL(/runs\/\d{4}-\d\d-\d\d_lm-train-1/);
    await page.locator('article').getByText('done', { exact: true }).waitFor({ timeout: 60_000 });
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'lm-train.json', 'result.json', 'metrics.jsonl', 'samples.jsonl']) assert.ok(existsSync(join(studio.workspace, 'models', 'small-dense', name)), name);
  });

  test('its curves and samples grow while a model trains; it is paused, goes on, and ends', async () => {
    const { page } = studio;
    await studio.go('#/runs/new?kind=lm-train&variant=moe-x');
    await page.waitForFunction(() => document.querySelector('select')?.value === 'moe-x');
    await fill({ out: 'small-moe', 'layer.experts': '2', 'layer.k': '1', steps: '60', logEvery: '1', validEvery: '5' });
    await page.getByRole('button', { name: 'Start model training' }).click();
    const run = page.locator('article');
    await run.getByRole('img', { name: 'Loss', exact: true }).waitFor({ timeout: 30_000 });
    const lines = (title: string): Locator => run.getByRole('list', { name: `Lines of ${title}` });
    await lines('Loss').getByText('validation').waitFor({ timeout: 30_000 });
    await lines('Units that fire, by layer (L0)').getByText('layer 1').waitFor();
    await lines('Expert load, block 0').getByText('expert 1').waitFor();
    for (const title of ['Gradient norm', 'Learning rate', 'Speed', 'Use of the machine (MFU)']) await run.getByRole('img', { name: title, exact: true }).waitFor();
    await run.getByRole('region', { name: 'Samples' }).getByText(/^step \d+/).first().waitFor();
    await run.getByRole('button', { name: /^Pause / }).click();
    await run.getByText('paused', { exact: true }).waitFor({ timeout: 30_000 });
    // Its folder is in the list of models already, with what has been drawn so far, and it goes on from there.
    await studio.go('#/models');
    await page.getByRole('link', { name: /small-moe/ }).getByText('its training has not ended').waitFor();
    await page.getByRole('link', { name: /small-moe/ }).click();
    const model = page.getByRole('article', { name: 'small-moe' });
    await model.getByRole('img', { name: 'Loss', exact: true }).waitFor();
    await model.getByRole('button', { name: /^Resume / }).click();
    await model.getByRole('region', { name: 'Architecture' }).waitFor({ timeout: 90_000 });
    await model.getByRole('button', { name: 'Open the run' }).click();
    await run.getByText('done', { exact: true }).waitFor();
    await run.getByText(/resumed at step \d+ of 60/).waitFor();
    // The same again: the kind of layer and its fields come along, the folder does not.
    await run.getByRole('button', { name: 'New run with these settings' }).click();
    await field('layer.experts').waitFor();
    assert.deepEqual([await page.getByLabel('Architecture').inputValue(), await field('layer.experts').inputValue(), await field('steps').inputValue(), await field('out').inputValue()], ['moe-x', '2', '60', '']);
  });

  test('trained models stand in a table that is sorted; those that are marked have their curves over one another, and what differs is said', async () => {
    const { page } = studio;
    await studio.go('#/models');
    await page.getByRole('button', { name: 'Compare runs' }).click();
    const table = page.getByRole('region', { name: 'Trained models' });
    const rows = table.getByRole('row');
    await rows.nth(2).waitFor();
    assert.match(await rows.filter({ hasText: 'small-moe' }).innerText(), /moe-x[\s\S]*cats[\s\S]*done/);
    const names = async (): Promise<string[]> => table.locator('td.name').allInnerTexts();
    await table.getByRole('button', { name: 'Steps' }).click();
    assert.deepEqual(await names(), ['small-dense', 'small-moe']);
    await table.getByRole('button', { name: 'Steps' }).click();
    assert.deepEqual(await names(), ['small-moe', 'small-dense']);
    assert.equal(await table.getByRole('columnheader', { name: /Steps/ }).getAttribute('aria-sort'), 'descending');
    for (const name of ['small-dense', 'small-moe']) await table.getByRole('checkbox', { name: `Compare ${name}` }).check();
    for (const title of ['Training loss', 'Validation loss', 'Units that fire, mean over layers (L0)']) {
      const legend = page.getByRole('list', { name: `Lines of ${title}` });
      for (const name of ['small-dense', 'small-moe']) await legend.getByText(name).waitFor();
    }
    await page.getByRole('radio', { name: 'time' }).check();
    await page.waitForURL(/over=time/);
    const differences = page.getByRole('region', { name: 'Differences' });
    assert.match(await differences.getByRole('row').filter({ hasText: 'steps' }).innerText(), /steps\s+(60\s+12|12\s+60)/);
    await page.reload();
    await page.getByRole('list', { name: 'Lines of Validation loss' }).getByText('small-moe').waitFor();
    await table.getByRole('link', { name: 'small-moe' }).click();
    await page.getByRole('article', { name: 'small-moe' }).waitFor();
  });

  test('a model tells its parameters and its training, and its units lead to a harvest and a catalog of features', async () => {
    const { page } = studio;
    const model = join(studio.workspace, 'models', 'small-moe');
    await studio.go(`#/models/${encodeURIComponent(model)}`);
    const about = page.getByRole('article', { name: 'small-moe' });
    await about.getByRole('region', { name: 'Architecture' }).getByText('Yang et al. 2025').waitFor();
    const parameters = about.getByRole('table', { name: 'Parameters' });
    const numberIn = async (row: string): Promise<number> => Number((await parameters.getByRole('row').filter({ hasText: row }).getByRole('cell').first().innerText()).replaceAll(',', ''));
    assert.ok((await numberIn('active for a token')) < (await numberIn('all')));
    const training = about.getByRole('region', { name: 'Training' });
    assert.match(await training.innerText(), /Steps\s+60 of 60[\s\S]*Validation loss, nats\s+[\d.]+/);
    await training.getByRole('list', { name: 'Lines of Loss' }).getByText('validation').waitFor();
    await about.getByText('expert 0, neuron 0 to expert 1').waitFor();
    await about.getByRole('combobox', { name: 'Block' }).selectOption('1');
    await about.getByRole('button', { name: 'Harvest its units' }).click();
    await field('hooks').waitFor();
    assert.deepEqual([await field('model').inputValue(), await field('hooks').inputValue(), await field('corpus').inputValue(), await field('contextLength').inputValue()], [model, 'blocks.1.mlp.hook_post', corpus, '16']);
    await field('tokens').fill('512');
    await field('batch').fill('8');
    await page.getByRole('button', { name: 'Start harvest' }).click();
    await page.locator('article').getByText('done', { exact: true }).waitFor({ timeout: 60_000 });
    const store = (await readdir(join(studio.workspace, 'activations'))).find((name) => name.startsWith('small-moe'))!;
    await studio.go(`#/models/${encodeURIComponent(model)}`);
    await about.getByRole('combobox', { name: 'Block' }).selectOption('1');
    await about.getByRole('button', { name: 'Build a catalog of its units' }).click();
    await field('store').waitFor();
    assert.deepEqual([await field('store').inputValue(), await field('model').inputValue(), await field('hook').inputValue()], [join(studio.workspace, 'activations', store), model, 'blocks.1.mlp.hook_post']);
    assert.equal(await page.getByRole('combobox', { name: 'Features' }).inputValue(), 'units');
    await page.getByRole('button', { name: 'Start catalog build' }).click();
    await page.getByRole('button', { name: 'Open the catalog' }).click({ timeout: 90_000 });
    await page.locator('#feature-row-0').waitFor();
  });

  test('it writes behind a text, the same for the same seed', async () => {
    const { page } = studio;
    await studio.go(`#/models/${encodeURIComponent(join(studio.workspace, 'models', 'small-dense'))}`);
    const box = page.getByRole('region', { name: 'Write' });
    await box.getByLabel('Text to go on from').fill('the cat');
    const written = async (seed: string): Promise<string> => {
      await box.getByLabel('Seed').fill(seed);
      await box.getByRole('button', { name: 'Write', exact: true }).click();
      await box.getByText(/the context is full|it ended the text/).waitFor({ timeout: 30_000 });
      return box.locator('p.text').innerText();
    };
    const first = await written('3');
    assert.ok(first.startsWith('the cat') && first.length > 7);
    assert.notEqual(await written('4'), first);
    assert.equal(await written('3'), first);
    await box.getByLabel('Text to go on from').fill('a text that is longer than the context');
    await box.getByRole('button', { name: 'Write', exact: true }).click();
    await box.getByRole('alert').filter({ hasText: /takes 16/ }).waitFor();
  });

  test('writing can be stopped, and what is there stays', async () => {
    const { page } = studio;
    const long = join(studio.workspace, 'long.txt');
    await writeFile(long, 'the cat sat on the mat and looked at the dog. '.repeat(400));
    await studio.go('#/runs/new?kind=lm-train&variant=dense');
    await page.waitForFunction(() => document.querySelector('select')?.value === 'dense');
    await fill({ data: long, out: 'long', layers: '1', context: '512', validTokens: '513', batch: '1', steps: '1' });
    await page.getByRole('button', { name: 'Start model training' }).click();
    await page.getByRole('button', { name: 'Open the model' }).click({ timeout: 60_000 });
    const box = page.getByRole('region', { name: 'Write' });
    await box.getByLabel('Tokens').fill('4096');
    await box.getByRole('button', { name: 'Write', exact: true }).click();
    await box.getByText(/^\d+ tokens, [\d.]+ tokens\/s/).waitFor();
    await box.getByRole('button', { name: 'Stop' }).click();
    await box.getByText(/^\d+ tokens, stopped/).waitFor();
    const text = await box.locator('p.text').innerText();
    await page.waitForTimeout(300);
    assert.equal(await box.locator('p.text').innerText(), text);
  });

  test('axe finds nothing serious on the form, a run, a model and the comparison, in both themes', async () => {
    const { page } = studio;
    const at = (name: string): string => join(studio.workspace, 'models', name);
    const found: string[] = [];
    for (const route of ['#/runs/new?kind=lm-train&variant=monet-hd', `#/models/${encodeURIComponent(at('small-moe'))}`, `#/models?view=compare&marked=${encodeURIComponent(`${at('small-moe')}|${at('small-dense')}`)}`]) {
      await studio.go(route);
      await page.getByText(/Active for a token|Units that fire/).first().waitFor();
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.waitForFunction(() => document.querySelector('main .skeleton') === null);
        found.push(...(await findings(page, `${route}, ${colorScheme}`)));
      }
    }
    assert.deepEqual(found, []);
  });

  test('no page threw', () => assert.deepEqual(studio.errors, []));
});
