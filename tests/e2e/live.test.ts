/** What runs live, through the real host and engine on a tiny model: the Prompt page, and the feature page's test box, steering and ablation. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inProcess, resultOf } from '../support/command-line.ts';
import { buildArguments, harvestArguments, hook, pathsIn, trainArguments, writeCorpus } from '../support/main-job.ts';
import { writeTinyLlama } from '../support/tiny-llama.ts';
import { openBrowser, reach, type Browser } from './chromium.ts';
import { noStudio, serve, type Host } from './studio.ts';

process.env['LOUPE_BACKEND'] = 'cpu';

/** A workspace with the model, two dictionaries of it and a catalog of the first. */
async function makeWorkspace(workspace: string): Promise<{ model: string; dictionary: string; second: string }> {
  for (const name of ['models', 'dictionaries', 'catalogs', 'activations']) mkdirSync(join(workspace, name), { recursive: true });
  const job = {
    ...pathsIn(workspace), model: join(workspace, 'models', 'tiny'), store: join(workspace, 'activations', 'tiny'), dictionary: join(workspace, 'dictionaries', 'tiny'),
    catalog: join(workspace, 'catalogs', 'tiny.loupe'),
  };
  const second = join(workspace, 'dictionaries', 'other');
  writeTinyLlama(job.model);
  writeCorpus(job.corpus);
  resultOf(await inProcess(harvestArguments(job, job.store)));
  resultOf(await inProcess(trainArguments(job, job.dictionary)));
  resultOf(await inProcess([...trainArguments(job, second), '--seed', '7']));
  resultOf(await inProcess(buildArguments(job, job.catalog)));
  return { model: job.model, dictionary: job.dictionary, second };
}

describe('Live', { skip: noStudio }, () => {
  let workspace: string;
  let paths: Awaited<ReturnType<typeof makeWorkspace>>;
  let host: Host;
  let browser: Browser;
  before(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'loupe-live-'));
    paths = await makeWorkspace(workspace);
    host = await serve(workspace);
    browser = await openBrowser({ width: 1280, height: 800 });
    browser.page.setDefaultTimeout(30_000);
    await browser.page.goto(host.address);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
    await rm(workspace, { recursive: true, force: true });
  });

  const go = (route: string): Promise<void> => browser.page.evaluate((hash) => { location.hash = hash; }, route);
  const panes = () => browser.page.locator('.readings section');
  const ranks = (pane = 0) => panes().nth(pane).locator('tbody tr');

  test('the Prompt page takes the model and the dictionary of the open catalog, and reads a text', async () => {
    const { page } = browser;
    await go('#/prompt');
    await page.getByRole('button', { name: 'Take an example' }).waitFor();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('Line 7 of it.');
    await ranks().first().waitFor();
    assert.equal(await panes().count(), 1);
    // BOS or EOS, then one token a byte
    assert.equal(await panes().locator('[data-i]').count(), 14);
    const scores = (await ranks().locator('td.number').allTextContents()).map((text) => Number(text.replaceAll(',', '')));
    assert.ok(scores.length > 0);
    assert.deepEqual(scores, scores.toSorted((a, b) => b - a));
    assert.match(page.url(), /text=Line\+7\+of\+it\./);
  });

  test('a click on a token ranks at it, J and K walk over features, Escape lets go; the address says so', async () => {
    const { page } = browser;
    await panes().locator('[data-i="6"]').click();
    await page.waitForFunction(() => /token=6/.test(location.hash) && /rank=token/.test(location.hash));
    const first = (await ranks().first().locator('td.n').innerText()).trim();
    await page.keyboard.press('j');
    await page.waitForFunction((feature) => new RegExp(`feature=${feature}(&|$)`).test(location.hash), first.replaceAll(',', ''));
    assert.equal(await ranks().first().getAttribute('class').then((value) => /chosen/.test(value ?? '')), true);
    await page.keyboard.press('j');
    await page.waitForFunction((feature) => !new RegExp(`feature=${feature}(&|$)`).test(location.hash), first.replaceAll(',', ''));
    await page.keyboard.press('k');
    await page.keyboard.press('m');
    await page.waitForFunction(() => /rank=sum/.test(location.hash));
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !/token=|feature=/.test(location.hash));
  });

  test('two prompts and two dictionaries stand side by side; a link brings the same view', async () => {
    const { page } = browser;
    await page.keyboard.press('c');
    await page.getByLabel('Second prompt').fill('Line 8.');
    await page.waitForFunction(() => document.querySelectorAll('.readings section').length === 2);
    await page.getByLabel('beside').selectOption(paths.second);
    await page.waitForFunction(() => document.querySelectorAll('.readings section tbody').length === 4);
    const titles = await panes().locator('h2').allTextContents();
    assert.deepEqual(titles, ['Prompt 1, tiny', 'Prompt 1, other', 'Prompt 2, tiny', 'Prompt 2, other']);
    const link = page.url();
    await go('#/settings');
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await go(link.slice(link.indexOf('#')));
    await page.waitForFunction(() => document.querySelectorAll('.readings section tbody').length === 4);
    assert.equal(await page.getByLabel('Second prompt').inputValue(), 'Line 8.');
  });

  test('the prompt is exported as JSON with its tokens and activations', async () => {
    const { page } = browser;
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export as JSON' }).click()]);
    const made = JSON.parse(readFileSync((await download.path())!, 'utf8')) as { format: string; tokens: unknown[]; dictionaries: { ranked: { activations: number[] }[] }[] };
    assert.equal(made.format, 'loupe-prompt');
    assert.equal(made.tokens.length, 14);
    assert.ok(made.dictionaries.length === 2 && made.dictionaries[0]!.ranked[0]!.activations.length === 14);
  });

  test('texts that cannot be read say why, and the next one is read all the same', async () => {
    const { page } = browser;
    await go(`#/prompt?model=${encodeURIComponent(paths.model)}&d=${encodeURIComponent(paths.dictionary)}`);
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('x'.repeat(80));
    await page.getByRole('alert').getByRole('paragraph').filter({ hasText: 'it has 81 tokens, and at most 64 are looked at' }).waitFor();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('short');
    await ranks().first().waitFor();
    await page.getByLabel('Hook of dictionary').selectOption('blocks.1.hook_resid_post');
    await page.waitForFunction(() => /hook=blocks.1.hook_resid_post/.test(location.hash));
    await page.getByText('blocks.1.hook_resid_post ·').waitFor();
  });

  test('the test box shades what is typed, follows to the next feature, and drops what is no longer wanted', async () => {
    const { page } = browser;
    await go('#/features?sort=density&desc=1&dead=0');
    await page.locator('#feature-table .item[aria-rowindex]').first().click();
    await page.keyboard.press('Enter');
    const box = page.locator('.panel-test');
    await reach(box, box.locator('textarea'));
    await box.locator('textarea').fill('Line 12 of');
    await box.locator('.answer [data-i]').first().waitFor();
    await box.locator('textarea').pressSequentially(' a corpus', { delay: 10 });
    await page.waitForFunction(() => document.querySelectorAll('.panel-test .answer [data-i]').length === 20);
    assert.match(await box.innerText(), /Before the text stands <\/?s>/);
    const before = await page.locator('h1').innerText();
    await box.locator('textarea').press('Escape');
    await page.keyboard.press('j');
    await page.waitForFunction((title) => document.querySelector('h1')?.textContent !== title, before);
    await box.locator('.answer [data-i]').first().waitFor();
    assert.equal(await box.locator('textarea').inputValue(), 'Line 12 of a corpus');
  });

  test('steering writes both texts from one seed, shows KL, and finds a strength; at strength 0 the texts are the same', async () => {
    const { page } = browser;
    const box = page.locator('.panel-steering');
    await reach(box, box.getByLabel('Prompt'));
    await box.getByLabel('Prompt').fill('Line 3');
    await box.getByLabel('Tokens', { exact: true }).fill('12');
    await box.getByLabel('Strength as a number').fill('0');
    const write = async (): Promise<string[]> => {
      await box.getByRole('button', { name: 'Write both texts' }).click();
      await box.getByRole('button', { name: 'Copy both' }).waitFor();
      return Promise.all(['The clean text', 'The steered text, shaded by KL'].map((name) => box.getByRole('group', { name }).innerText()));
    };
    const same = await write();
    assert.equal(same[0], same[1]);
    assert.match(await box.locator('.figures').innerText(), /KL over the prompt\s+0 nats/);
    await box.getByLabel('Strength as a number').fill('6');
    const steered = await write();
    assert.equal(steered[0], same[0], 'the clean text does not change');
    assert.doesNotMatch(await box.locator('.figures').innerText(), /KL over the text\s+0 nats/);
    await box.getByRole('button', { name: 'Find the strength for KL 1' }).click();
    await box.getByRole('status').waitFor();
    assert.match(await box.getByRole('status').innerText(), /nats/);
  });

  test('ablation tells what the loss of an example rises by', async () => {
    const { page } = browser;
    const box = page.locator('.panel-ablation');
    await reach(box, box.getByRole('button', { name: 'Measure example 1' }));
    await box.getByRole('button', { name: 'Measure example 1' }).click();
    await box.locator('li').first().locator('.sum span').waitFor();
    await box.getByRole('button', { name: /Measure the other/ }).click();
    await box.getByText('All measured').waitFor();
    const sums = (await box.locator('.sum').allTextContents()).map((text) => Number(text.replace('−', '-')));
    assert.ok(sums.length >= 2 && sums.every(Number.isFinite) && sums.some((sum) => sum !== 0));
  });

  test('a model that is missing is named, and found again where the user points to it', async () => {
    const { page } = browser;
    const moved = join(workspace, 'moved');
    renameSync(paths.model, moved);
    rmSync(join(workspace, 'live.json'), { force: true });
    await page.reload();
    const box = page.locator('.panel-test');
    await reach(box, box.getByText(/The model tiny \(hash [0-9a-f]{12}\) was not found/));
    await box.getByRole('button', { name: 'Choose the model' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Path').fill(paths.dictionary);
    await dialog.getByRole('button', { name: 'Use it' }).click();
    await box.getByRole('paragraph').filter({ hasText: 'is not the model tiny' }).waitFor();
    await box.getByRole('button', { name: 'Choose the model' }).click();
    await dialog.getByLabel('Path').fill(moved);
    await dialog.getByRole('button', { name: 'Use it' }).click();
    await box.locator('textarea').waitFor();
    assert.deepEqual(browser.errors, []);
    assert.equal(hook, 'blocks.0.hook_resid_post');
  });
});
