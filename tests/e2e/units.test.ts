/** The units of a trained model in the studio: built by the form, named on their pages and found by name, live through the engine. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inProcess, resultOf } from '../support/command-line.ts';
import { writeCorpus } from '../support/main-job.ts';
import { unitsHook, writeUnitsModel } from '../support/units.ts';
import { openBrowser, reach, type Browser } from './chromium.ts';
import { noStudio, serve, type Host } from './studio.ts';

process.env['LOUPE_BACKEND'] = 'cpu';

describe('Units of a model', { skip: noStudio }, () => {
  let workspace: string;
  let host: Host;
  let browser: Browser;
  const kinds = ['moe-x', 'monet-hd'] as const;
  const at = (kind: string, folder: string): string => join(workspace, folder, kind);

  before(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'loupe-units-'));
    for (const name of ['models', 'activations', 'catalogs', 'dictionaries']) mkdirSync(join(workspace, name), { recursive: true });
    writeCorpus(join(workspace, 'corpus.txt'), 60);
    for (const kind of kinds) {
      writeUnitsModel(at(kind, 'models'), kind);
      resultOf(await inProcess(['harvest', '--model', at(kind, 'models'), '--hook', unitsHook, '--corpus', join(workspace, 'corpus.txt'), '--out', at(kind, 'activations'), '--tokens', '600', '--context-length', '12', '--dtype', 'float32']));
    }
    resultOf(await inProcess(['catalog', 'build', '--workspace', workspace, '--store', at('monet-hd', 'activations'), '--model', at('monet-hd', 'models'), '--units', '--no-labels', '--out', join(workspace, 'catalogs', 'experts.loupe')]));
    host = await serve(workspace);
    browser = await openBrowser();
    await browser.page.goto(host.address);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
    if (workspace !== undefined) await rm(workspace, { recursive: true, force: true });
  });

  const go = (route: string): Promise<void> => browser.page.evaluate((hash) => { location.hash = hash; }, route);
  const panel = (title: string) => browser.page.getByRole('region', { name: title, exact: true });

  test('the form builds a catalog of units without a dictionary', async () => {
    const { page } = browser;
    await go('#/runs/new?kind=catalog-build');
    await page.getByRole('combobox', { name: 'Features' }).selectOption('units');
    await page.locator('#field-store').fill(at('moe-x', 'activations'));
    await page.locator('#field-model').fill(at('moe-x', 'models'));
    assert.equal(await page.locator('#field-dictionary').count(), 0);
    await page.locator('#field-labels').uncheck();
    await page.getByRole('button', { name: /^Start catalog build/ }).click();
    await page.getByText('Build catalog: moe-x-blocks.1-units.loupe').first().waitFor();
    const state = async (): Promise<string> => (await browser.page.locator('main').innerText()).toLowerCase();
    await page.waitForFunction(() => /done|failed/i.test(document.querySelector('main')?.textContent ?? ''), null, { timeout: 60_000 });
    assert.doesNotMatch(await state(), /failed/);
  });

  test('a unit is named, with its kind of layer, and found by its name', async () => {
    const { page } = browser;
    await go('#/feature/13?catalog=moe-x-blocks.1-units.loupe');
    await page.locator('article[aria-label="Feature 13"][aria-busy="false"]').waitFor();
    await page.locator('article header').getByText('expert 1, neuron 5').waitFor();
    await page.locator('article header').getByText('MoE-X', { exact: true }).waitFor();
    if (process.env['LOUPE_SHOTS'] !== undefined) await page.screenshot({ path: join(process.env['LOUPE_SHOTS'], 'unit.png') });
    await reach(panel('Effect on the next token'), panel('Effect on the next token').locator('.content table, .content ol, .content li'));
    await reach(panel('Correlated dimensions'), panel('Correlated dimensions').getByText('the units themselves'));
    await go('#/features?catalog=moe-x-blocks.1-units.loupe&q=expert%202');
    await page.locator('#feature-table [role="row"].item').first().waitFor();
    await page.waitForFunction(() => document.querySelector('#feature-table')?.getAttribute('aria-rowcount') === '9');
  });

  test('an expert of Monet says why it has no direction, and is encoded and steered itself', async () => {
    const { page } = browser;
    await go('#/feature/5?catalog=experts.loupe');
    await page.locator('article header').getByText('expert (1, 1)').waitFor();
    for (const title of ['Effect on the next token', 'Nearest by decoder cosine', 'Decoder weights', 'Logit effects over the vocabulary']) await reach(panel(title), panel(title).getByText(/depends on its input/));
    await reach(panel('Steering'), panel('Steering').getByText('no direction of its own'));
    // The model takes 12 bytes.
    await panel('Steering').getByRole('textbox', { name: 'Prompt' }).fill('Line');
    await panel('Steering').getByRole('button', { name: 'Write both texts' }).click();
    await panel('Steering').getByText('KL over the prompt').waitFor({ timeout: 60_000 });
    const box = panel('Test on your text');
    await reach(box, box.getByRole('textbox'));
    await box.getByRole('textbox').fill('Line 4 of');
    await box.locator('[data-i]').first().waitFor({ timeout: 60_000 });
  });
});
