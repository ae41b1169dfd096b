/** What surrounds the pages: keys, palette, themes, addresses, the connection. On the real host with an empty workspace. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('The frame', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => { studio = await openStudio({ features: 0 }); });
  after(async () => { await studio?.end(); });

  test('the token leaves the address', async () => {
    await studio.page.getByRole('heading', { name: 'Workspace' }).waitFor();
    assert.ok(!studio.page.url().includes('token'));
  });

  test('an empty workspace offers the sample', async () => {
    await studio.page.getByRole('button', { name: 'Run the sample' }).waitFor();
    await studio.go('#/features');
    await studio.page.getByRole('heading', { name: 'No catalog to show' }).waitFor();
  });

  test('G and a letter go to a page; back goes back', async () => {
    await studio.page.keyboard.press('g');
    await studio.page.keyboard.press('r');
    await studio.page.waitForURL(/#\/runs/);
    await studio.page.keyboard.press('g');
    await studio.page.keyboard.press('s');
    await studio.page.getByRole('heading', { name: 'Settings' }).waitFor();
    await studio.page.goBack();
    await studio.page.waitForURL(/#\/runs/);
  });

  test('the palette reaches pages and actions by words', async () => {
    await studio.page.keyboard.press('Control+k');
    await studio.page.getByRole('combobox').waitFor();
    await studio.page.keyboard.type('settings go');
    await studio.page.keyboard.press('Enter');
    await studio.page.waitForURL(/#\/settings/);
    assert.equal(await studio.page.getByRole('dialog').count(), 0);
  });

  test('? shows every key, Escape closes it, and keys do nothing behind it', async () => {
    await studio.page.keyboard.press('?');
    await studio.page.getByRole('dialog', { name: 'Keyboard map' }).waitFor();
    await studio.page.keyboard.press('t');
    assert.equal(await studio.page.locator('html').getAttribute('data-theme'), null);
    await studio.page.keyboard.press('Escape');
    await studio.page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('the theme follows the system until it is chosen, and is remembered', async () => {
    const background = (): Promise<string> => studio.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await studio.page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    assert.notEqual(light, dark);
    await studio.page.keyboard.press('t');
    assert.equal(await background(), light);
    await studio.page.reload();
    await studio.page.getByRole('heading', { name: 'Settings' }).waitFor();
    assert.equal(await background(), light);
  });

  test('typing in a field is no command', async () => {
    await studio.page.getByLabel('Your name').fill('');
    await studio.page.getByLabel('Your name').pressSequentially('gt?');
    assert.equal(await studio.page.getByLabel('Your name').inputValue(), 'gt?');
    assert.equal(await studio.page.getByRole('dialog').count(), 0);
  });

  test('every control has a name, and focus is visible on each', async () => {
    for (const route of ['#/workspace', '#/runs/new', '#/settings']) {
      await studio.go(route);
      await studio.page.waitForTimeout(300);
      const nameless = await studio.page.evaluate(() => [...document.querySelectorAll<HTMLElement>('button, a[href], input, select, textarea, [tabindex="0"]')]
        .filter((element) => element.offsetParent !== null && !(element.getAttribute('aria-label') ?? element.textContent?.trim()) && !(element as HTMLInputElement).labels?.length)
        .map((element) => element.outerHTML.slice(0, 120)));
      assert.deepEqual(nameless, [], route);
    }
    await studio.page.keyboard.press('Tab');
    const outline = await studio.page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
    assert.notEqual(outline, 'none');
  });

  test('an unknown page is said in words', async () => {
    await studio.go('#/nonsense');
    assert.match(await studio.page.getByRole('alert').filter({ hasText: 'no such page' }).innerText(), /"nonsense"/);
  });

  test('an address without a valid token says what to open', async () => {
    const other = await studio.context.newPage();
    await other.goto(studio.address.replace(/#.*/, '#token=wrong'));
    await other.getByText('has no valid token').waitFor();
    await other.evaluate(() => localStorage.clear());
    await other.close();
    assert.deepEqual(studio.errors, []);
  });

  test('when the host ends, the studio says so and sends nothing', async () => {
    await studio.stop();
    await studio.page.getByText('Loupe does not answer').waitFor();
  });
});
