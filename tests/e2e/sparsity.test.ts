/** The page Sparsity on the real host: studies of tiny models started from its form, charts, layers by key, two models in the same charts, and what goes wrong. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fixtureFolder } from '../support/lm-fixtures.ts';
import { tinyShape, writeTinyModel } from '../support/own-models.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('Sparsity', { skip: noStudio }, () => {
  let studio: Studio;
  const at = (name: string): string => join(studio.workspace, 'models', name);
  const route = (name: string, query = ''): string => `#/sparsity/${encodeURIComponent(at(name))}${query}`;

  const shot = async (name: string, scroll = 0): Promise<void> => {
    const to = process.env['LOUPE_SHOTS'];
    if (to === undefined) return;
    await studio.page.locator('main .page').evaluate((element, share) => element.scrollTo({ top: share * element.scrollHeight }), scroll);
    for (const colorScheme of ['light', 'dark'] as const) {
      await studio.page.emulateMedia({ colorScheme });
      await studio.page.waitForTimeout(500);
      await studio.page.screenshot({ path: join(to, `${name}-${colorScheme}.png`) });
    }
  };

  /** Serious findings of axe on what is shown now. */
  const findings = async (): Promise<string> => {
    if (!(await studio.page.evaluate(() => 'axe' in globalThis))) await studio.page.evaluate(axe);
    return studio.page.evaluate(async () => {
      const { run } = (globalThis as unknown as { axe: { run: (context: string, options: unknown) => Promise<{ violations: { id: string; impact: string | null; nodes: { html: string }[] }[] }> } }).axe;
      const { violations } = await run('main', { resultTypes: ['violations'] });
      return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`).join('\n');
    });
  };

  /** Starts a study of the model that is open, and waits until it is shown. */
  const start = async (topk = ''): Promise<void> => {
    await studio.page.getByLabel('Text', { exact: true }).fill(join(studio.workspace, 'text.txt'));
    await studio.page.getByLabel('Tokens', { exact: true }).fill('300');
    await studio.page.getByLabel('For curves').fill('48');
    await studio.page.getByLabel('Units that stay').fill(topk);
    await studio.page.getByRole('button', { name: 'Start the study' }).click();
    await studio.page.getByRole('region', { name: 'The study' }).waitFor({ timeout: 60_000 });
  };

  before(async () => {
    studio = await openStudio({ features: 0, width: 1280, height: 800 });
    writeTinyModel(at('tiny-moe'), tinyShape('moe-x', { experts: 4, k: 2, width: 16 }));
    writeTinyModel(at('tiny-crate'), tinyShape('crate'));
    writeFileSync(join(studio.workspace, 'text.txt'), 'a cat sat on a mat, and a dog looked at it. '.repeat(20));
  });
  after(async () => { await studio?.end(); });

  test('without a model the page says what it will show, and leads to the models', async () => {
    await studio.go('#/sparsity');
    await studio.page.getByText('No study yet').waitFor();
    await studio.page.getByRole('button', { name: 'Choose a model' }).click();
    await studio.page.getByRole('heading', { name: 'Models' }).waitFor();
  });

  test('a study of a mixture is started from the form, and shown with router and experts', async () => {
    await studio.go(route('tiny-moe'));
    await studio.page.getByRole('link', { name: 'Sparsity', exact: true }).waitFor();
    await start();
    for (const name of ['Units that fire, by layer', 'Densities of units, layer 0', 'Units a token, layer 0', 'Reliability', 'Only k units stay', 'Noise on embeddings', 'Tokens drawn anew', 'Score against true L0', 'Scores and L0, layer 0', 'Loads of experts, layer 0']) {
      await studio.page.getByRole('img', { name }).waitFor();
    }
    await studio.page.getByRole('row', { name: /^Layer 0 64 / }).waitFor();
    assert.equal(await studio.page.getByRole('img', { name: 'Coding rates along the depth' }).count(), 0);
    await shot('sparsity-moe');
    await shot('sparsity-moe-below', 0.55);
    await shot('sparsity-moe-end', 1);
    assert.equal(await findings(), '');
  });

  test('J and K choose a layer, which stands in the address, and the lists follow', async () => {
    await studio.page.locator('body').press('j');
    await studio.page.getByRole('img', { name: 'Densities of units, layer 1' }).waitFor();
    await studio.page.getByRole('region', { name: 'Units of layer 1' }).getByText(/^(Every unit of this layer|expert)/u).first().waitFor();
    assert.match(studio.page.url(), /layer=1/u);
    await studio.page.getByRole('button', { name: 'Layer 0' }).click();
    await studio.page.getByRole('img', { name: 'Densities of units, layer 0' }).waitFor();
    await studio.page.getByRole('columnheader', { name: 'Of live' }).locator('span').hover();
    await studio.page.getByRole('tooltip').getByText(/fire at least once/u).waitFor();
  });

  test('units are listed by how often they fire, under their names', async () => {
    const which = studio.page.getByLabel('Which units');
    const title = (await which.locator('option').nth(2).innerText()).trim();
    const count = Number(/\((\d+)\)$/u.exec(title)![1]);
    await which.selectOption({ index: 2 });
    await studio.page.getByRole('list', { name: 'Units', exact: true }).locator('li').nth(count - 1).waitFor();
    assert.equal(await studio.page.getByRole('list', { name: 'Units', exact: true }).locator('li').count(), count);
    assert.match(await studio.page.getByRole('list', { name: 'Units', exact: true }).locator('li').first().innerText(), /^expert \d, neuron \d+\s+\d/u);
  });

  test('the curves show accuracy or calibration, and the top-k chart is saved as CSV', async () => {
    await studio.page.getByLabel('calibration error (ECE)').check();
    await studio.page.getByRole('img', { name: 'Only k units stay' }).hover();
    const [download] = await Promise.all([studio.page.waitForEvent('download'), studio.page.getByRole('button', { name: 'Save Only k units stay as CSV' }).click()]);
    const [head, ...rows] = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
    assert.equal(head, 'study,cut,k,tokens,loss,accuracy,confidence,ece');
    const column = (row: string): string[] => row.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/u).slice(1);
    const [reference, last] = [column(rows[0]!), column(rows.findLast((row) => row.includes(',all layers,'))!)];
    assert.deepEqual([last[1], last.slice(2)], ['64', reference.slice(2)]);
  });

  test('another model stands in the same charts; CRATE shows coding rates', async () => {
    await studio.go(route('tiny-crate'));
    await start('0, 4');
    await studio.page.getByRole('img', { name: 'Coding rates along the depth' }).waitFor();
    await studio.page.getByText('Compare with other studies').click();
    await studio.page.getByRole('checkbox', { name: /^tiny-moe, text\.txt/u }).check();
    await studio.page.getByRole('list', { name: 'Studies shown' }).getByText('tiny-moe, text.txt').waitFor();
    assert.match(studio.page.url(), /with=/u);
    await studio.page.getByRole('img', { name: 'Score against true L0' }).waitFor();
    await shot('sparsity-compare');
    await shot('sparsity-compare-below', 0.45);
    assert.equal(await findings(), '');
    await studio.page.reload();
    await studio.page.getByRole('list', { name: 'Studies shown' }).getByText('tiny-moe, text.txt').waitFor();
  });

  test('the model at its start is studied beside itself', async () => {
    await studio.page.getByRole('button', { name: 'New study' }).click();
    await studio.page.getByLabel('At its start, untrained').check();
    await studio.page.getByLabel('Noise', { exact: true }).uncheck();
    await start('0');
    await studio.page.getByRole('list', { name: 'Studies shown' }).getByText('tiny-crate at its start, text.txt').waitFor({ timeout: 30_000 });
    assert.ok((await studio.page.getByLabel('Study', { exact: true }).locator('option').count()) === 2);
  });

  test('a study that cannot be says why: a text that is not there, and numbers that are none', async () => {
    await studio.page.getByRole('button', { name: 'New study' }).click();
    await studio.page.getByLabel('Units that stay').fill('1, x');
    await studio.page.getByRole('alert').getByText(/whole numbers/u).waitFor();
    await shot('sparsity-form');
    assert.ok(await studio.page.getByRole('button', { name: 'Start the study' }).isDisabled());
    await studio.page.getByLabel('Units that stay').fill('');
    await studio.page.getByLabel('Text', { exact: true }).fill('/nowhere/at all.txt');
    await studio.page.getByRole('button', { name: 'Start the study' }).click();
    await studio.page.getByText('The study failed').waitFor({ timeout: 30_000 });
    await studio.page.locator('main').getByText(/nowhere/u).first().waitFor();
  });

  test('a model of another family needs a text, and one that is none says why', async () => {
    await studio.go(`#/sparsity/${encodeURIComponent(fixtureFolder('gpt2'))}`);
    const text = studio.page.getByLabel('Text', { exact: true });
    await studio.page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[list="study-corpora"]')?.required === true);
    await studio.page.getByRole('button', { name: 'Start the study' }).click();
    assert.ok(await text.evaluate((input: HTMLInputElement) => !input.validity.valid));
    await studio.go(route('not-there'));
    await studio.page.getByText('This model cannot be studied').waitFor();
  });

  test('the studies of all models are listed, and a broken one is told and read again', async () => {
    await studio.go('#/sparsity');
    const link = studio.page.getByRole('link', { name: /^tiny-moe, text\.txt/u });
    await link.waitFor();
    const run = new URL((await link.getAttribute('href'))!.slice(1), 'http://x').searchParams.get('run')!;
    const file = join(studio.workspace, 'runs', run, 'sparsity.json');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.slice(0, 1000));
    await link.click();
    await studio.page.reload();
    await studio.page.getByText(/could not be read/u).waitFor();
    writeFileSync(file, whole);
    await studio.page.getByRole('button', { name: 'Read again' }).click();
    await studio.page.getByRole('img', { name: 'Units that fire, by layer' }).waitFor();
    assert.deepEqual(studio.errors.filter((error) => !/Failed to load resource/u.test(error)), []);
  });
});
