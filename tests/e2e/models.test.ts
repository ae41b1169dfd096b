/** The Models page and language models of Loupe's own: trained from the form, watched, compared, read. On the real host, with the plain JavaScript backend. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Locator } from 'playwright-core';
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
    await takes().getByText('Active for a token').waitFor();
    const parameters = async (): Promise<string> => takes().locator('dd').first().innerText();
    const before = await parameters();
    assert.match(before, /^[\d.]+ M$/);
    await field('layer.experts').fill('2');
    await page.waitForFunction((old) => document.querySelector('[aria-label="What it takes"] dd')!.textContent !== old, before);
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

  test('no page threw', () => assert.deepEqual(studio.errors, []));
});
