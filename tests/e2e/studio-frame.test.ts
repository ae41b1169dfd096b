/** Jobs, disk, memory, workspaces, palette and tour: what every page has around it. On the real host. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Around the pages', { skip: noStudio }, () => {
  let studio: Studio;
  let settings: string;
  before(async () => {
    settings = await mkdtemp(join(tmpdir(), 'loupe-settings-'));
    process.env['LOUPE_SETTINGS'] = settings;
    studio = await openStudio({ features: 120 });
  });
  after(async () => {
    await studio?.end();
    await rm(settings, { recursive: true, force: true });
  });

  const palette = async (words: string): Promise<void> => {
    await studio.page.keyboard.press('Control+k');
    await studio.page.getByRole('combobox', { name: /Search pages/ }).waitFor();
    await studio.page.keyboard.type(words);
  };

  test('the tour is offered once, walks by keys over real pages, and is found again in the palette', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'Take the tour' }).click();
    const card = page.getByRole('dialog', { name: 'From a model to its features' });
    await card.waitFor();
    assert.ok(await card.evaluate((element) => element.contains(document.activeElement)));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'The table of features' }).waitFor();
    await page.waitForURL(/#\/features\?catalog=/);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('dialog', { name: 'One feature' }).waitFor();
    await page.getByRole('heading', { name: /Feature 0/ }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('dialog', { name: 'The table of features' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await studio.go('#/workspace');
    await page.reload();
    await page.getByRole('heading', { name: 'Workspace' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Take the tour' }).count(), 0);
    await palette('take tour');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'From a model to its features' }).waitFor();
    await page.keyboard.press('Escape');
  });

  test('the palette goes to a feature by its number, finds actions of other pages, and remembers where one was', async () => {
    const { page } = studio;
    await studio.go('#/features?catalog=small.loupe');
    await page.getByRole('grid').or(page.getByRole('table')).first().waitFor();
    await palette('#17');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/features\/17/);
    await palette('add model');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Add a model' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await palette('feature 17');
    assert.ok((await page.getByRole('listbox', { name: 'Actions' }).getByRole('option').allInnerTexts()).some((text) => /Recent\s+Feature 17 of small/.test(text)));
    await page.keyboard.press('Escape');
    await palette('gtf');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/features/);
  });

  test('every action that a page adds can be found in the palette of any other page', async () => {
    const { page } = studio;
    const titles = async (): Promise<string[]> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: /Search pages/ }).waitFor();
      const found = await page.getByRole('listbox', { name: 'Actions' }).getByRole('option').evaluateAll((options) => options.map((option) => option.children[1]!.textContent!.trim()));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      return found;
    };
    await studio.go('#/settings');
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
    const anywhere = new Set(await titles());
    /** Only meant where the thing they act on is shown. */
    const local = /^(Next|Previous|Back to|Close|Open the|Clear|First|Confidence|Copy|Label this|Take the newest|Open or close|Select|Skip|Unsure|Write|Save and go on|Accept|Edit the guess|Make the queue|Choose no|Mark or unmark|Mark to the)/;
    const missing: string[] = [];
    for (const route of ['#/workspace', '#/runs', '#/features?catalog=small.loupe', '#/label?catalog=small.loupe', '#/prompt', '#/models', '#/compare', '#/share', '#/settings']) {
      await studio.go(route);
      await page.waitForTimeout(400);
      missing.push(...(await titles()).filter((title) => !anywhere.has(title) && !local.test(title)).map((title) => `${route}: ${title}`));
    }
    assert.deepEqual(missing, []);
  });

  test('memory is shown with units, and disk use by thing', async () => {
    const { page } = studio;
    await studio.go('#/settings?to=disk');
    const memory = page.getByRole('region', { name: 'Memory' });
    await memory.getByText(/\d+(\.\d+)? GB of/).waitFor();
    assert.match(await memory.innerText(), /Engine[\s\S]*MB[\s\S]*Services[\s\S]*MB/);
    const disk = page.getByRole('region', { name: 'Disk' });
    await disk.getByText('small.loupe').waitFor();
    assert.match(await disk.innerText(), /free of[\s\S]*Catalogs[\s\S]*small\.loupe\s+[\d.]+ (kB|MB)/);
  });

  test('a thing goes to the trash, comes back by the notice, and is deleted for good only after its size was named', async () => {
    const { page, workspace } = studio;
    mkdirSync(join(workspace, 'dictionaries', 'old'));
    writeFileSync(join(workspace, 'dictionaries', 'old', 'cfg.json'), JSON.stringify({ architecture: 'topk', d_in: 8, d_sae: 16, k: 2 }));
    writeFileSync(join(workspace, 'dictionaries', 'old', 'weights.bin'), 'x'.repeat(50_000));
    await page.reload();
    const disk = page.getByRole('region', { name: 'Disk' });
    const gone = page.getByRole('button', { name: 'Move old to the trash' });
    await gone.click();
    await page.getByRole('status').getByText(/old moved to the trash \(50\.[01] kB\)/).waitFor();
    assert.ok(!existsSync(join(workspace, 'dictionaries', 'old')));
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('old put back').waitFor();
    assert.ok(existsSync(join(workspace, 'dictionaries', 'old', 'weights.bin')));
    const dismiss = async (): Promise<void> => {
      for (const button of await page.getByRole('button', { name: 'Dismiss' }).all()) await button.click().catch(() => {});
    };
    await dismiss();
    await gone.click();
    await page.getByText('old moved to the trash').waitFor();
    await dismiss();
    await disk.getByRole('button', { name: 'Empty the trash…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete 1 thing for good?' });
    assert.match(await dialog.innerText(), /50\.[01] kB become free/);
    await page.keyboard.press('Escape');
    assert.equal(readdirSync(join(workspace, '.trash')).length, 1);
    await disk.getByRole('button', { name: 'Put old back' }).click();
    await page.getByText('old put back').waitFor();
    await dismiss();
    await gone.click();
    await page.getByText('old moved to the trash').waitFor();
    await dismiss();
    await disk.getByRole('button', { name: 'Empty the trash…' }).click();
    await dialog.getByRole('button', { name: /^Delete 50/ }).click();
    await page.getByText(/50\.[01] kB freed/).waitFor();
    assert.deepEqual(readdirSync(join(workspace, '.trash')), []);
  });

  test('parts of the shared cache say what they are for; deleting one asks first, and what the program needs stays', async () => {
    const disk = studio.page.getByRole('region', { name: 'Disk' });
    await disk.getByText(/Shared by all workspaces/).click();
    const runtime = disk.getByRole('button', { name: /^Delete tensorflow-.* from the cache$/ });
    if ((await runtime.count()) > 0) assert.equal(await runtime.first().isDisabled(), true);
    const free = disk.locator('li.cache button:not([disabled])');
    if ((await free.count()) === 0) return;
    await free.first().click();
    const dialog = studio.page.getByRole('dialog', { name: /^Delete .* from the cache\?$/ });
    assert.match(await dialog.innerText(), /become free, for every workspace of this machine/);
    await studio.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.ok((await free.count()) > 0, 'nothing was deleted');
  });

  test('a job shows in the drawer with its log; its end is told on every page, with a way to it', async () => {
    const { page, workspace } = studio;
    const text = join(workspace, 'corpora', 'small.txt');
    writeFileSync(text, Array.from({ length: 40 }, (_, i) => `Document ${i} says one two three four five six seven.`).join('\n\n'));
    const field = (name: string) => page.locator(`[id="field-${name}"]`);
    await studio.go('#/runs/new?kind=harvest');
    await field('model').fill(join(import.meta.dirname, '../../resources/tiny-llama'));
    await field('hooks').fill('blocks.0.hook_resid_post');
    await field('corpus').fill(text);
    await field('tokens').fill('256');
    await field('contextLength').fill('32');
    await page.getByRole('button', { name: 'Start harvest' }).click();
    await page.waitForURL(/#\/runs\/\d/);
    await studio.go('#/workspace');
    await page.getByRole('heading', { name: 'Workspace' }).waitFor();
    await page.keyboard.press('`');
    const drawer = page.getByRole('complementary', { name: 'Jobs' });
    await drawer.waitFor();
    const notice = page.getByRole('status').filter({ hasText: /Harvest: .* is done\./ });
    await notice.waitFor({ timeout: 60_000 });
    await drawer.getByRole('button', { name: /^Log/ }).first().click();
    await drawer.getByRole('log').or(drawer.getByText('has written nothing yet')).waitFor();
    await notice.getByRole('button', { name: 'Open' }).click();
    await page.waitForURL(/#\/runs\/\d/);
    await page.keyboard.press('`');
    await drawer.waitFor({ state: 'detached' });
  });

  test('another workspace opens in the same window after it was agreed to, and the way back is in the switcher', async () => {
    const { page, workspace } = studio;
    const other = await mkdtemp(join(tmpdir(), 'loupe-other-'));
    await page.keyboard.press('Control+Shift+O');
    const dialog = page.getByRole('dialog', { name: 'Open another workspace' });
    await dialog.getByLabel('Path').fill(other);
    await dialog.getByRole('button', { name: 'Open this folder' }).click();
    await page.getByRole('dialog', { name: /Make a workspace in/ }).getByRole('button', { name: 'Make it and switch' }).click();
    // The question names the folder too: the switcher names it once it is open.
    const opened = (path: string): Promise<void> => page.getByRole('button', { name: new RegExp(`${path.split('/').at(-1)!}.*: switch workspace or catalog$`) }).waitFor();
    await opened(other);
    assert.ok(existsSync(join(other, 'catalogs')) && existsSync(join(other, '.lock')));
    await page.getByRole('button', { name: /: switch workspace or catalog$/ }).click();
    await page.getByRole('menuitemradio', { name: new RegExp(workspace.split('/').at(-1)!) }).click();
    await opened(workspace);
    await rm(other, { recursive: true, force: true });
    assert.deepEqual(studio.errors, []);
  });
});
