/** The page Experts, through the real host and engine: a small Monet and a small MoE-X that were trained on two kinds of text, and models without experts. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { purgeResultSchema, type DomainSpec } from '../../src/shared/schema/experts.ts';
import { loadBackend } from '../../src/engine/backend/load.ts';
import { trainOnDomains, writeDomains } from '../support/expert-domains.ts';
import { tinyShape, writeTinyModel } from '../support/own-models.ts';
import { openBrowser, type Browser } from './chromium.ts';
import { noStudio, serve, type Host } from './studio.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('Experts', { skip: noStudio }, () => {
  let workspace: string;
  let domains: DomainSpec[];
  let host: Host;
  let browser: Browser;
  const model = (name: string): string => join(workspace, 'models', name);
  before(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'loupe-experts-'));
    for (const name of ['models', 'corpora']) mkdirSync(join(workspace, name));
    domains = writeDomains(join(workspace, 'corpora'));
    await loadBackend();
    await trainOnDomains('monet-hd', domains, model('monet'));
    await trainOnDomains('moe-x', domains, model('moe'), 40);
    writeTinyModel(model('dense'), tinyShape('dense'));
    host = await serve(workspace);
    browser = await openBrowser({ width: 1280, height: 800 });
    browser.page.setDefaultTimeout(60_000);
    await browser.page.goto(host.address);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
    await rm(workspace, { recursive: true, force: true });
  });

  const go = (route: string): Promise<void> => browser.page.evaluate((hash) => { location.hash = hash; }, route);
  const experts = (name: string): Promise<void> => go(`#/experts/${encodeURIComponent(model(name))}`);

  /** Fills the form with the two domains of these tests. */
  async function fillDomains(): Promise<void> {
    const { page } = browser;
    const form = page.getByRole('form', { name: 'Domains' });
    await form.waitFor();
    for (const left of ['code', 'digits']) await form.getByRole('button', { name: `Remove domain ${left}` }).click();
    for (const [i, { name, corpus }] of domains.entries()) {
      await form.getByRole('textbox', { name: `Name of domain ${i + 1}` }).fill(name);
      await form.getByRole('textbox', { name: `Text of domain ${i + 1}` }).fill(corpus!);
    }
    await form.getByRole('spinbutton', { name: 'Tokens of each' }).fill('512');
  }

  /** Serious and critical findings of axe in both themes. */
  async function findings(): Promise<string> {
    const { page } = browser;
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      found.push(...(await page.evaluate(async () => {
        type Found = { violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[] };
        const { violations } = await (globalThis as unknown as { axe: { run: (context: string, options: unknown) => Promise<Found> } }).axe.run('main', { resultTypes: ['violations'] });
        return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`));
      })));
    }
    await page.emulateMedia({ colorScheme: 'light' });
    return found.join('\n');
  }

  test('G E without a model lists the models; one without experts says what would be there, and offers to train one', async () => {
    const { page } = browser;
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.getByRole('heading', { name: 'Choose a model' }).waitFor();
    await page.getByRole('button', { name: 'dense' }).click();
    await page.getByRole('heading', { name: 'This model has no experts' }).waitFor();
    assert.equal(await findings(), '');
    await page.getByRole('button', { name: 'Train a model with experts' }).click();
    await page.waitForURL(/kind=lm-train/u);
    assert.match(page.url(), /variant=monet-hd/u);
  });

  test('from the model to its experts: the form says what cannot be, and the job leads to the map', async () => {
    const { page } = browser;
    await go(`#/models/${encodeURIComponent(model('monet'))}`);
    await page.getByRole('navigation', { name: 'Pages of this model' }).getByRole('link', { name: 'Experts' }).click();
    await fillDomains();
    const form = page.getByRole('form', { name: 'Domains' });
    await form.getByRole('textbox', { name: 'Text of domain 1' }).fill('');
    await form.getByText('"letters" does not come with Loupe').waitFor();
    assert.ok(await form.getByRole('button', { name: 'Attribute the experts' }).isDisabled());
    assert.equal(await findings(), '');
    await form.getByRole('textbox', { name: 'Text of domain 1' }).fill(domains[0]!.corpus!);
    await form.getByRole('button', { name: 'Attribute the experts' }).click();
    await page.getByRole('application', { name: /Map of 64 experts of layer 0/u }).waitFor();
    // Every expert of the legend is somewhere: those of the domains, of none, and the unused ones.
    const legend = page.getByRole('list', { name: 'Colours' }).first();
    assert.ok(Number(/letters\s+(\d+)/u.exec(await legend.innerText())![1]) > 0);
  });

  test('the map by keys: the arrows walk, Space marks, Shift marks a rectangle, J changes the layer; the address says where one is', async () => {
    const { page } = browser;
    const map = page.getByRole('application');
    await map.focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
    // The first arrow goes to the first expert.
    await page.getByRole('heading', { name: /^expert \(1, 1\)/u }).waitFor();
    await page.waitForURL(/expert=9/u);
    await page.keyboard.press(' ');
    await page.getByRole('heading', { name: '1 expert marked' }).waitFor();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByRole('heading', { name: '4 experts marked' }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('application', { name: /layer 1/u }).waitFor();
    await page.getByText('By layer: 4, 0 of 64.').waitFor();
    await page.keyboard.press('k');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Nothing is marked' }).waitFor();
  });

  test('the map by mouse: hover tells an expert, dragging marks; all of a layer cannot be purged', async () => {
    const { page } = browser;
    const map = page.getByRole('application', { name: /layer 0/u });
    const box = (await map.boundingBox())!;
    const cell = box.width / 8;
    const to = (column: number, row: number): Promise<void> => page.mouse.move(box.x + (column + 0.5) * cell, box.y + (row + 0.5) * cell);
    await to(3, 2);
    await page.getByRole('region', { name: 'Expert', exact: true }).getByRole('heading', { name: /^expert \(2, 3\)/u }).waitFor();
    await to(1, 1);
    await page.mouse.down();
    await to(2, 3);
    await page.mouse.up();
    await page.getByRole('heading', { name: '6 experts marked' }).waitFor();
    await to(0, 0);
    await page.mouse.down();
    await to(7, 7);
    await page.mouse.up();
    await page.getByText('All experts of layer 0 are marked: leave at least one.').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Purge 64 experts' }).isDisabled());
    await page.getByRole('button', { name: 'Mark none' }).click();
  });

  test('all of a domain, purged: bars and numbers that say what each domain loses, and a text that loses it too', async () => {
    const { page } = browser;
    await page.getByRole('group', { name: 'Mark all experts of a domain' }).getByRole('button', { name: /^letters/u }).click();
    await page.getByRole('heading', { name: /all of letters/u }).waitFor();
    const text = page.getByRole('textbox', { name: 'Text to route' });
    await text.fill('the cat sat');
    await page.getByText(/^Loss \d.*without what is marked/u).waitFor();
    await text.press('Escape');
    await page.keyboard.press('p');
    const purge = page.getByRole('region', { name: 'Purge' });
    await purge.getByRole('heading', { name: /^Without \d+ experts of letters/u }).waitFor();
    await purge.getByRole('img', { name: 'Loss by domain' }).waitFor();
    const change = async (name: string): Promise<number> => Number((await purge.getByRole('row', { name: new RegExp(`^${name}`, 'u') }).getByRole('cell').nth(3).innerText()).replace('−', '-'));
    const [letters, digits] = [await change('letters'), await change('digits')];
    assert.ok(letters > 0.05 && letters > 3 * Math.abs(digits), `${letters} ${digits}`);
    // What is shown is what the run says.
    const jobs = readFileSync(join(workspace, 'runs', `${new Date().toISOString().slice(0, 10)}_lm-purge-1`, 'job.json'), 'utf8');
    const { losses } = purgeResultSchema.parse((JSON.parse(jobs) as { result: unknown }).result);
    assert.ok(Math.abs(losses.find(({ domain }) => domain === 'letters')!.change - letters) < 1e-4);
    assert.equal(await findings(), '');
  });

  test('tokens that use an expert most stand beside it', async () => {
    const { page } = browser;
    await page.getByRole('region', { name: 'Marked experts' }).getByRole('button', { name: /^expert \(/u }).first().click();
    const facts = page.getByRole('region', { name: 'Expert', exact: true });
    await facts.getByRole('heading', { name: 'Tokens that use it most' }).waitFor();
    assert.ok(await facts.locator('.peak').count() > 0);
    await facts.getByText('Belongs to letters.').waitFor();
  });

  test('MoE-X: a table of experts by domain, marked by boxes, and a text routed token by token', async () => {
    const { page } = browser;
    await experts('moe');
    await fillDomains();
    await page.getByRole('button', { name: 'Attribute the experts' }).click();
    await page.getByRole('checkbox', { name: 'Mark expert 3' }).check();
    await page.getByRole('heading', { name: '1 expert marked' }).waitFor();
    await page.getByRole('textbox', { name: 'Text to route' }).fill('the cat 12+3');
    const routing = page.getByRole('region', { name: 'Routing of a text' });
    await routing.getByText(/without what is marked/u).waitFor();
    const tokens = routing.getByRole('group', { name: /Tokens of the text/u });
    await tokens.focus();
    await page.keyboard.press('ArrowRight');
    await routing.getByRole('heading', { name: /^Experts of .*, token \d+/u }).waitFor();
    assert.equal(await routing.locator('.columns ul').first().getByRole('button').count(), 2, 'k experts a token');
    await routing.locator('.columns ul').first().getByRole('button').first().click();
    await page.waitForURL(/expert=\d/u);
    assert.equal(await findings(), '');
  });

  test('a corpus that is not there is said where the run is, and nothing broke on the way', async () => {
    const { page } = browser;
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Attribute anew' }).click();
    await page.getByRole('textbox', { name: 'Text of domain 1' }).fill('/no/such/file.txt');
    await page.getByRole('button', { name: 'Attribute the experts' }).click();
    await page.getByRole('alert').getByText('/no/such/file.txt').first().waitFor();
    assert.deepEqual(browser.errors, []);
  });
});
