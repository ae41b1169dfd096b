/** Labelling by keyboard alone, on the real host with a generated catalog. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { reach } from './chromium.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('the labelling page', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => {
    studio = await openStudio({ features: 120 });
    await studio.page.locator('nav[aria-label="Pages"]').waitFor();
  });
  after(() => studio.end());

  const press = async (...keys: string[]): Promise<void> => { for (const key of keys) await studio.page.keyboard.press(key); };
  const heading = (): Promise<string> => studio.page.locator('.work h2').innerText();
  /** Waits until the form of the feature at `place` (from 1) of the queue is there, and gives the feature's number. */
  async function at(place: number): Promise<number> {
    await studio.page.waitForFunction((n) => document.querySelector('.work .head .quiet')?.textContent?.trim().startsWith(`${n} of`) === true
      && document.querySelector('.beside')?.getAttribute('aria-busy') === 'false' && document.querySelector('.form') !== null, place);
    return Number((await heading()).replace(/\D/g, ''));
  }
  const progress = (): Promise<string> => studio.page.locator('.progress strong').innerText();
  const labelled = (n: number): Promise<unknown> => studio.page.waitForFunction((count) => document.querySelector('.progress strong')?.textContent?.startsWith(`${count} of 120`) === true, n);

  test('G L opens it; the queue begins at the first feature without a label', async () => {
    await press('g', 'l');
    await studio.page.locator('.form').waitFor({ timeout: 30_000 });
    await at(1);
    assert.match(await progress(), /^\d+ of 120 labelled$/);
    assert.match(studio.page.url(), /#\/label\/\d+/);
  });

  test('L, text, Escape, confidence, Enter saves and goes on; letters and figures in a field are text', async () => {
    const before = Number(/^\d+/.exec(await progress())![0]);
    const first = await at(1);
    await press('l');
    await studio.page.keyboard.type('jus 5 n k');
    assert.equal(await heading(), `Feature ${first}`, 'no key was taken out of the field');
    await press('Escape', '4');
    assert.equal(await studio.page.getByRole('radio', { name: 'Confidence 4' }).getAttribute('aria-checked'), 'true');
    await press('f');
    await studio.page.keyboard.type('topic');
    await press('Enter');
    await at(2);
    await labelled(before + 1);
    await press('k');
    assert.equal(await at(1), first);
    assert.equal(await studio.page.getByRole('textbox', { name: 'Label', exact: true }).inputValue(), 'jus 5 n k');
    assert.equal(await studio.page.getByRole('combobox', { name: 'Role family' }).inputValue(), 'topic');
  });

  test('S and U set aside and go on; Ctrl-Z takes back over features, in order; Ctrl-Shift-Z does it again', async () => {
    const before = Number(/^\d+/.exec(await progress())![0]);
    await press('j');
    await at(2);
    await press('s');
    await at(3);
    await press('u');
    const fourth = await at(4);
    await press('l');
    await studio.page.keyboard.type('second label');
    await press('Enter');
    await at(5);
    await labelled(before + 1);
    await press('Control+z');
    assert.equal(await at(4), fourth, 'what was undone is shown');
    await labelled(before);
    await press('Control+z');
    await at(3);
    await studio.page.waitForFunction(() => document.querySelector('.buttons [aria-pressed="true"]') === null);
    await press('Control+z', 'Control+z');
    await at(1);
    await labelled(before - 1);
    await press('Control+Shift+z', 'Control+Shift+z', 'Control+Shift+z', 'Control+Shift+z');
    await at(4);
    await labelled(before + 1);
  });

  test('A takes a guess over as it is, E puts it into the field', async () => {
    await studio.page.getByLabel('Which features').selectOption('machine');
    await studio.page.getByLabel('score at most').fill('1');
    await studio.page.getByLabel('score at most').press('Tab');
    const text = await studio.page.locator('.guess .words > span:last-child').first().innerText();
    const before = Number(/^\d+/.exec(await progress())![0]);
    const first = await at(1);
    await studio.page.locator('h1', { hasText: 'Label' }).click();
    await press('3', 'a');
    await at(2);
    await labelled(before + 1);
    await press('k');
    assert.equal(await at(1), first);
    await studio.page.waitForFunction((words) => document.querySelector<HTMLInputElement>('.form input[aria-label="Label"]')?.value === words, text);
    await press('j');
    await at(2);
    const guess = await studio.page.locator('.guess .words > span:last-child').innerText();
    await press('e');
    await studio.page.keyboard.press('End');
    await studio.page.keyboard.type('!');
    assert.equal(await studio.page.getByRole('textbox', { name: 'Label', exact: true }).inputValue(), `${guess}!`);
    await press('Enter');
    await at(3);
  });

  test('moving on is answered at once: the next feature was fetched ahead', async () => {
    await studio.page.getByLabel('Which features').selectOption('all');
    await studio.page.locator('h1', { hasText: 'Label' }).click();
    await at(1);
    await studio.page.waitForTimeout(400);
    const asked = await studio.page.evaluate(async () => {
      dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return document.querySelector('.beside')?.getAttribute('aria-busy');
    });
    assert.equal(asked, 'false', 'shown within two frames');
  });

  test('people disagree: the labels stand side by side, one is chosen by its number, all stay in the history', async () => {
    for (const [author, text, family] of [['Ada', 'herbs', 'topic'], ['Bo', 'spices', 'token']] as const) {
      await studio.go('#/settings');
      await studio.page.getByLabel('Your name').fill(author);
      await studio.page.getByLabel('Your name').press('Tab');
      await studio.go('#/label/7?queue=all');
      await studio.page.waitForFunction(() => document.querySelector('.work h2')?.textContent?.replace(/\s+/g, ' ').trim() === 'Feature 7' && document.querySelector('.form') !== null);
      await studio.page.locator('h1', { hasText: 'Label' }).click();
      await press('l', 'Control+a');
      await studio.page.keyboard.type(text);
      await press('Escape', 'f', 'Control+a');
      await studio.page.keyboard.type(family);
      await press('Enter');
      await studio.page.waitForFunction(() => document.querySelector('.work h2')?.textContent?.replace(/\s+/g, ' ').trim() !== 'Feature 7');
    }
    await studio.page.getByRole('tab', { name: /Disagreements/ }).click();
    const row = studio.page.locator('li.at');
    await row.waitFor();
    assert.deepEqual(await row.locator('.who strong').allTextContents(), ['Ada', 'Bo']);
    assert.deepEqual(await row.locator('.label > p').allTextContents(), ['herbs', 'spices']);
    await press('1');
    await studio.page.getByText('Nobody disagrees').waitFor();
    await studio.page.getByRole('tab', { name: 'Agreement', exact: true }).click();
    await studio.page.getByText('0 of 1 features').waitFor();
    assert.match(await studio.page.locator('section dl').first().innerText(), /kappa on role families/);
  });

  test('lists: made, filled from a feature, in another order, removed and put back', async () => {
    await studio.page.getByRole('tab', { name: 'Lists' }).click();
    await studio.page.getByLabel('Name of a new list').fill('herbs');
    await studio.page.keyboard.press('Enter');
    await studio.page.getByRole('button', { name: /^herbs/ }).waitFor();
    for (const index of [5, 9]) {
      await studio.go(`#/feature/${index}`);
      await studio.page.locator(`article[aria-label="Feature ${index}"]`).waitFor();
      await reach(studio.page.getByText('Lists and comments', { exact: true }), studio.page.getByLabel('Add to a list'));
      await studio.page.getByLabel('Add to a list').selectOption({ index: 1 });
      await studio.page.getByText('added to "herbs"').last().waitFor();
    }
    await studio.page.getByLabel('Comment', { exact: true }).fill('two senses?');
    await studio.page.getByRole('button', { name: 'Comment', exact: true }).click();
    await studio.page.locator('section[aria-label="Comments"] li').getByText('two senses?').waitFor();
    await studio.go('#/label?view=lists');
    const order = (): Promise<string[]> => studio.page.locator('.item a').allTextContents();
    await studio.page.locator('.item').nth(1).waitFor();
    assert.deepEqual(await order(), ['5', '9']);
    await studio.page.locator('.item').nth(1).getByLabel('Move up').click();
    await studio.page.waitForFunction(() => document.querySelector('.item a')?.textContent === '9');
    await studio.page.getByLabel('Remove the list').click();
    await studio.page.getByText('No lists yet').waitFor();
    await press('Control+z');
    await studio.page.locator('.item').nth(1).waitFor();
    assert.deepEqual(await order(), ['9', '5']);
  });

  test('nothing went wrong on the way', () => assert.deepEqual(studio.errors, []));
});
