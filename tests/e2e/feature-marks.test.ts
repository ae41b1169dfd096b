/** Marking rows of the feature table, by key and by mouse, and what is done with the marked ones. On the real host. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Marked features', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => {
    studio = await openStudio({ features: 3000, width: 1440 });
    studio.page.setDefaultTimeout(30_000);
    await studio.go('#/features');
    await row(0).waitFor();
  });
  after(async () => { await studio?.end(); });

  const row = (index: number) => studio.page.locator(`#feature-row-${index}`);
  const bar = () => studio.page.getByRole('toolbar', { name: 'Marked features' });
  /** The marked rows among those that are drawn. */
  const marked = (): Promise<number[]> => studio.page.locator('#feature-table .item[aria-selected="true"]').evaluateAll((rows) => rows.map((element) => Number(element.id.slice('feature-row-'.length))).sort((a, b) => a - b));
  const says = (words: string): Promise<unknown> => bar().getByText(words, { exact: true }).waitFor();
  const gone = (): Promise<unknown> => bar().waitFor({ state: 'detached' });
  const press = async (key: string): Promise<void> => { await studio.page.locator('#feature-table').focus(); await studio.page.keyboard.press(key); };
  const opened = (index: number): Promise<unknown> => studio.page.waitForFunction((wanted) => document.querySelector('article h1')?.textContent?.replace(/\s+/g, ' ').trim() === `Feature ${wanted}`, index);
  const shown = (pattern: RegExp): Promise<unknown> => studio.page.waitForFunction((source) => new RegExp(source).test(document.querySelector('.state')?.textContent ?? ''), pattern.source);
  const shot = async (name: string): Promise<void> => {
    const to = process.env['LOUPE_SHOTS'];
    if (to === undefined) return;
    for (const colorScheme of ['light', 'dark'] as const) {
      await studio.page.emulateMedia({ colorScheme });
      await studio.page.screenshot({ path: join(to, `${name}-${colorScheme}.png`) });
    }
  };

  test('Ctrl and a click marks a row without opening it, and unmarks it; so does the box at its start', async () => {
    await row(3).click({ modifiers: ['Control'] });
    await says('1 marked');
    await row(6).click({ position: { x: 14, y: 14 } });
    await says('2 marked');
    assert.deepEqual(await marked(), [3, 6]);
    assert.equal(await studio.page.locator('article h1').count(), 0, 'none was opened');
    await row(3).click({ modifiers: ['Control'] });
    assert.deepEqual(await marked(), [6]);
    // Told without colour: the box has a check, drawn beside it.
    assert.notEqual(await row(6).evaluate((element) => getComputedStyle(element, '::after').content), 'none');
    assert.equal(await row(3).evaluate((element) => getComputedStyle(element, '::after').content), 'none');
    assert.equal(await studio.page.locator('#feature-table').getAttribute('aria-multiselectable'), 'true');
  });

  test('Shift and a click marks up to the row, again from the same row as often as wanted; Escape clears', async () => {
    await row(9).click({ modifiers: ['Control'] });
    await row(12).click({ modifiers: ['Shift'] });
    assert.deepEqual(await marked(), [6, 9, 10, 11, 12]);
    await row(7).click({ modifiers: ['Shift'] });
    assert.deepEqual(await marked(), [6, 7, 8, 9]);
    assert.equal(await studio.page.evaluate(() => getSelection()?.toString()), '', 'no text is selected');
    await studio.page.keyboard.press('Escape');
    await gone();
    assert.deepEqual(await marked(), []);
  });

  test('a click opens a row, and Shift and a click extends from there', async () => {
    await row(4).click();
    await opened(4);
    assert.deepEqual(await marked(), [], 'opening marks nothing');
    assert.equal(await row(4).getAttribute('aria-current'), 'true');
    await row(2).click({ modifiers: ['Shift'] });
    assert.deepEqual(await marked(), [2, 3, 4]);
    await opened(4);
    await studio.page.keyboard.press('Escape');
    await gone();
    await opened(4);
  });

  test('Space marks the open feature; Shift with J, K and the arrows extends and walks on; J alone walks and marks nothing', async () => {
    await press('Space');
    await says('1 marked');
    await press('Shift+J');
    await opened(5);
    await press('Shift+ArrowDown');
    await opened(6);
    assert.deepEqual(await marked(), [4, 5, 6]);
    await press('Shift+K');
    await opened(5);
    await press('Shift+ArrowUp');
    await opened(4);
    await press('Shift+K');
    await opened(3);
    assert.deepEqual(await marked(), [3, 4], 'the run goes from its anchor to where it is now');
    await press('j');
    await opened(4);
    await press('j');
    await opened(5);
    await press('j');
    await opened(6);
    await press('Shift+J');
    await opened(7);
    assert.deepEqual(await marked(), [3, 4, 6, 7]);
    await press('Space');
    assert.deepEqual(await marked(), [3, 4, 6], 'Space takes the mark of the open one away');
    await shot('marks');
  });

  test('marks outlive sorting, searching and paging; what the list leaves out is counted', async () => {
    await studio.page.getByRole('columnheader', { name: 'Max', exact: true }).getByRole('button').click();
    await studio.page.waitForFunction(() => document.getElementById('feature-table')?.dataset.shown === '{"sort":"max","desc":"1"}');
    await says('3 marked');
    await press('f');
    await studio.page.getByRole('dialog', { name: 'Filters' }).getByLabel('Smallest feature').fill('6');
    await studio.page.keyboard.press('Enter');
    await studio.page.keyboard.press('Escape');
    await shown(/of 3,000/);
    await bar().getByText(', 2 of them not in this list').waitFor();
    await press('x');
    await shown(/3,000 features/);
    await studio.page.getByRole('columnheader', { name: 'Feature', exact: true }).getByRole('button').click();
    await studio.page.waitForFunction(() => document.getElementById('feature-table')?.dataset.shown === '{}');
    await bar().getByText(/not in this list/).waitFor({ state: 'detached' });
    await studio.page.locator('#feature-table .rows > div').evaluate((list) => { list.scrollTop = 40_000; });
    await row(1440).waitFor();
    await studio.page.locator('#feature-table .rows > div').evaluate((list) => { list.scrollTop = 0; });
    await row(3).waitFor();
    assert.deepEqual(await marked(), [3, 4, 6]);
  });

  test('S shows only these, whatever was searched; going back shows what was there', async () => {
    await press('/');
    await studio.page.keyboard.type('zzznothing');
    await shown(/^\s*0 of 3,000/);
    await studio.page.keyboard.press('Enter');
    await studio.page.keyboard.press('s');
    await shown(/3 of 3,000 features.*3 marked/);
    assert.deepEqual(await studio.page.locator('#feature-table .item[aria-rowindex]').evaluateAll((rows) => rows.map(({ id }) => id)), ['feature-row-3', 'feature-row-4', 'feature-row-6']);
    await studio.page.goBack();
    await shown(/0 of 3,000/);
    await studio.page.getByRole('button', { name: 'Clear all' }).click();
    await shown(/3,000 features/);
  });

  test('A adds them to a new list, in one step that is taken back as one; then to one that is there', async () => {
    const lists = () => studio.page.getByRole('listbox', { name: 'Lists' });
    await press('a');
    await studio.page.getByText('There is no list in this catalog yet.').waitFor();
    await studio.page.keyboard.type('first finds');
    await shot('marks-list');
    await studio.page.keyboard.press('Enter');
    await studio.page.getByText('3 features added to "first finds".').waitFor();
    await press('Control+z');
    await studio.page.getByText('Undone: making the list first finds').waitFor();
    await press('a');
    await studio.page.getByText('There is no list in this catalog yet.').waitFor();
    await studio.page.keyboard.press('Escape');
    await press('Control+Shift+Z');
    await studio.page.getByText('Redone: making the list first finds').waitFor();
    await row(8).click({ modifiers: ['Control'] });
    await bar().getByRole('button', { name: /^Add to list/ }).click();
    await lists().getByRole('option', { name: /first finds/ }).click();
    await studio.page.getByText('1 feature added to "first finds"; 3 were in it already.').waitFor();
  });

  test('Ctrl+E exports the marked ones: the dialog counts them', async () => {
    await press('Control+e');
    const dialog = studio.page.getByRole('dialog', { name: /^Export/ });
    assert.equal(await dialog.getByLabel('The 4 marked').isChecked(), true);
    await studio.page.waitForFunction(() => (document.querySelector('dialog .estimate')?.textContent ?? '').includes('4 features'));
    await studio.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await bar().getByRole('button', { name: /^Export/ }).click();
    await dialog.getByLabel('The whole catalog').check();
    await studio.page.waitForFunction(() => (document.querySelector('dialog .estimate')?.textContent ?? '').includes('3,000 features'));
    await studio.page.keyboard.press('Escape');
  });

  test('Ctrl+A marks all rows of the list, loaded or not; a run reaches over rows that were never loaded', async () => {
    await press('Escape');
    await gone();
    await press('Control+a');
    await says('3,000 marked');
    await press('a');
    await studio.page.getByRole('listbox', { name: 'Lists' }).waitFor();
    await studio.page.keyboard.type('everything');
    await studio.page.keyboard.press('Enter');
    await studio.page.getByText('3,000 features added to "everything".').waitFor();
    await press('Escape');
    await gone();
    await row(1).click({ modifiers: ['Control'] });
    await studio.page.locator('#feature-table .rows > div').evaluate((list) => { list.scrollTop = 70_000; });
    await row(2510).click({ modifiers: ['Shift'] });
    await says('2,510 marked');
    await bar().getByRole('button', { name: /^All 3,000/ }).click();
    await says('3,000 marked');
    await bar().getByRole('button', { name: /^Clear/ }).click();
    await gone();
  });

  test('in the search box Ctrl+A is the text, and Space and Shift+J are written', async () => {
    await press('/');
    await studio.page.keyboard.type('a J');
    await studio.page.keyboard.press('Control+a');
    assert.equal(await studio.page.evaluate(() => { const { selectionStart, selectionEnd } = document.activeElement as HTMLInputElement; return `${selectionStart}-${selectionEnd}`; }), '0-3');
    await studio.page.keyboard.press('Escape');
    await studio.page.keyboard.press('Escape');
    assert.equal(await bar().count(), 0);
  });

  test('the key map and the palette name it', async () => {
    await press('?');
    const map = studio.page.getByRole('dialog', { name: 'Keyboard map' });
    const line = map.locator('dl > div', { hasText: 'Mark or unmark the open feature' });
    assert.match((await line.innerText()).replace(/\s+/g, ' '), /Space/);
    assert.match((await map.locator('dl > div', { hasText: 'Mark the rows up to this one' }).innerText()).replace(/\s+/g, ' '), /Shift Click/);
    await studio.page.keyboard.press('Escape');
    await studio.page.keyboard.press('Control+k');
    await studio.page.keyboard.type('mark all features');
    await studio.page.keyboard.press('Enter');
    await says('3,000 marked');
  });

  test('marks end with their catalog', async () => {
    const other = join(studio.workspace, 'catalogs', 'other.loupe');
    generateCatalog(other, { features: 50, contexts: 20, seed: 7 });
    await studio.go(`#/features?catalog=${encodeURIComponent(other)}`);
    await shown(/50 features/);
    await gone();
    assert.deepEqual(await marked(), []);
    await studio.go('#/features?catalog=small.loupe');
    await shown(/3,000 features/);
    assert.equal(await bar().count(), 0);
  });

  test('nothing went wrong on the way', () => assert.deepEqual(studio.errors, []));
});
