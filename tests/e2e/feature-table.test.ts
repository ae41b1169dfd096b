/** The feature table as somebody sets it up: columns, filters, saved views, sets of features. By keyboard, on the real host. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('The feature table', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => {
    studio = await openStudio({ features: 400, width: 1440 });
    studio.page.setDefaultTimeout(60_000);
    await studio.go('#/features');
    await studio.page.locator('#feature-table .item[aria-rowindex]').first().waitFor();
  });
  after(async () => { await studio?.end(); });

  const headers = (): Promise<string[]> => studio.page.locator('#feature-table [role="columnheader"]').allTextContents().then((texts) => texts.map((text) => text.replace(/[↑↓]/g, '').trim()));
  const state = (pattern: RegExp): Promise<unknown> => studio.page.waitForFunction((source) => new RegExp(source).test(document.querySelector('.state')?.textContent ?? ''), pattern.source);
  const press = async (key: string): Promise<void> => { await studio.page.locator('#feature-table').focus(); await studio.page.keyboard.press(key); };

  test('O opens the columns; one is shown, moved and remembered', async () => {
    await press('o');
    const menu = studio.page.getByRole('dialog', { name: 'Columns' });
    await menu.getByLabel('Min', { exact: true }).check();
    await menu.getByLabel('Score', { exact: true }).check();
    assert.deepEqual(await headers(), ['Feature', 'Density', 'Max', 'Mean', 'Min', 'Label', 'Score']);
    await menu.getByLabel('Score', { exact: true }).focus();
    for (let i = 0; i < 4; i++) await studio.page.keyboard.press('Alt+ArrowUp');
    assert.deepEqual(await headers(), ['Feature', 'Density', 'Score', 'Max', 'Mean', 'Min', 'Label']);
    await studio.page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    await studio.page.reload();
    await studio.page.locator('#feature-table .item[aria-rowindex]').first().waitFor();
    assert.deepEqual(await headers(), ['Feature', 'Density', 'Score', 'Max', 'Mean', 'Min', 'Label']);
  });

  test('a header is made wider and moved by keyboard, and sorts by a column that few features have', async () => {
    const header = studio.page.getByRole('columnheader', { name: 'Score' });
    const width = async (): Promise<number> => (await header.boundingBox())!.width;
    const was = await width();
    await header.getByRole('button').focus();
    await studio.page.keyboard.press('Shift+ArrowRight');
    assert.equal(Math.round(await width() - was), 8);
    await studio.page.keyboard.press('Alt+ArrowLeft');
    assert.deepEqual((await headers()).slice(0, 3), ['Feature', 'Score', 'Density']);
    await studio.page.keyboard.press('Enter');
    await studio.page.waitForFunction(() => document.getElementById('feature-table')?.dataset.shown === '{"sort":"score","desc":"1"}');
    const scores = (await studio.page.locator('#feature-table .item[aria-rowindex] > :nth-child(2)').allTextContents()).map(Number);
    const scored = scores.filter((score) => score > 0);
    assert.ok(scored.length > 5);
    assert.deepEqual(scored, scored.toSorted((a, b) => b - a));
  });

  test('F opens the filters; conditions combine, stand in the address and go one by one', async () => {
    await press('f');
    const panel = studio.page.getByRole('dialog', { name: 'Filters' });
    await panel.getByLabel('Smallest maximum').fill('3');
    await panel.getByLabel('Smallest maximum').press('Enter');
    await panel.getByLabel('Author').selectOption('rules');
    await panel.getByLabel('Family').selectOption({ index: 1 });
    await studio.page.keyboard.press('Escape');
    await state(/maximum ≥ 3/);
    assert.match(studio.page.url(), /amin=3/);
    assert.match(studio.page.url(), /author=rules/);
    assert.match(studio.page.url(), /family=/);
    // The count is that of the rows on screen: those of the last filter must be there.
    await studio.page.waitForFunction(() => /"family"/.test(document.getElementById('feature-table')?.dataset.shown ?? ''));
    const before = Number(/([\d,]+) of 400/.exec(await studio.page.locator('.state').innerText())![1]);
    await studio.page.getByRole('button', { name: /Remove the filter family/ }).click();
    await studio.page.waitForFunction((n) => Number(/([\d,]+) of 400/.exec(document.querySelector('.state')?.textContent ?? '')?.[1]) > n, before);
    assert.doesNotMatch(studio.page.url(), /family=/);
  });

  test('V keeps what is shown as a view; it is applied, renamed, removed and put back', async () => {
    await press('v');
    const menu = studio.page.getByRole('dialog', { name: 'Saved views' });
    await menu.getByLabel('Name of a new view').fill('strong rules');
    await studio.page.keyboard.press('Enter');
    await menu.getByRole('button', { name: 'strong rules', exact: true }).waitFor();
    await studio.page.keyboard.press('Escape');
    await press('x');
    await state(/400 features/);
    await press('v');
    await menu.getByRole('button', { name: 'strong rules', exact: true }).click();
    await state(/maximum ≥ 3/);
    await press('v');
    await menu.getByRole('button', { name: 'Rename strong rules' }).click();
    await menu.getByLabel('New name').fill('strong');
    await studio.page.keyboard.press('Enter');
    await menu.getByRole('button', { name: 'strong', exact: true }).waitFor();
    await menu.getByRole('button', { name: 'Remove strong' }).click();
    await menu.getByRole('button', { name: 'strong', exact: true }).waitFor({ state: 'detached' });
    await studio.page.keyboard.press('Escape');
    await studio.page.getByRole('button', { name: 'Undo' }).click();
    await press('v');
    await menu.getByRole('button', { name: 'strong', exact: true }).waitFor();
    await studio.page.keyboard.press('Escape');
    await press('x');
    await state(/400 features/);
  });

  test('a search is put in order of the best match, labels first', async () => {
    await press('/');
    await studio.page.keyboard.type('music');
    await state(/of 400 features/);
    await studio.page.getByRole('button', { name: 'Best match first' }).click();
    await studio.page.waitForFunction(() => document.getElementById('feature-table')?.dataset.shown === '{"sort":"relevance","q":"music"}');
    const labels = await studio.page.locator('#feature-table .item[aria-rowindex]').evaluateAll((rows) => rows.map((row) => /music/.test(row.querySelector('.label')?.textContent ?? '')));
    assert.ok(!labels.includes(true) || labels.lastIndexOf(true) < labels.filter(Boolean).length, 'labels that match come before examples that do');
  });

  test('nothing went wrong on the way', () => assert.deepEqual(studio.errors, []));
});
