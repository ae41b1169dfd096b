/**
 * Accessibility of every page, in both themes, with data, without, and when something is wrong. The pages come from the registry, so
 * that a new one is looked at without a line here. axe-core judges; what it cannot see (the order of Tab, traps, where the focus goes) is walked.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { pages } from '../../src/renderer/src/pages/registry.ts';
import { findings, themes } from './axe.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

const catalog = 'small.loupe';

/** What is shown has settled: nothing is loading, or it has been loading for long enough. */
async function settle(page: Page): Promise<void> {
  await page.waitForTimeout(150);
  await page.waitForFunction(() => document.querySelector('main .skeleton') === null, undefined, { timeout: 3000 }).catch(() => {});
  await page.waitForTimeout(150);
}

/** Addresses of a page with the catalog open: itself, and what is one step below it. */
function routesOf(id: string): string[] {
  const query = `catalog=${catalog}`;
  if (id === 'features' || id === 'feature') return [`#/${id}/3?${query}`];
  if (id === 'runs') return ['#/runs', '#/runs/new?kind=train'];
  return [`#/${id}?${query}`];
}

async function inBothThemes(studio: Studio, routes: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const route of routes) {
    await studio.go(route);
    await settle(studio.page);
    for (const colorScheme of themes) {
      await studio.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await studio.page.waitForTimeout(60);
      found.push(...(await findings(studio.page, `${route}, ${colorScheme}`)));
    }
  }
  return found;
}

describe('Accessibility with data', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => { studio = await openStudio({ features: 200, width: 1280, height: 800 }); });
  after(async () => { await studio?.end(); });

  for (const { id, title } of pages) {
    test(`axe finds nothing serious on ${title}`, async () => assert.equal((await inBothThemes(studio, routesOf(id))).join('\n'), ''));
  }

  test('nor on the dialogs, menus and cards of the frame, which give the focus back to where it was', async () => {
    const { page } = studio;
    await studio.go(`#/features/3?catalog=${catalog}`);
    await settle(page);
    const found: string[] = [];
    const opener = page.getByRole('button', { name: /Pages and actions/ });
    for (const [name, open] of [
      ['palette', () => page.keyboard.press('Control+k')],
      ['palette with nothing found', async () => { await page.keyboard.press('Control+k'); await page.keyboard.type('zzqq'); }],
      ['key map', () => page.keyboard.press('?')],
      ['open a catalog', () => page.keyboard.press('Control+o')],
      ['open a workspace', () => page.keyboard.press('Control+Shift+O')],
    ] as const) {
      await opener.focus();
      await open();
      await page.getByRole('dialog').waitFor();
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.waitForTimeout(250);
        found.push(...(await findings(page, `${name}, ${colorScheme}`, 'dialog')));
      }
      assert.ok(await page.evaluate(() => document.querySelector('dialog')!.contains(document.activeElement)), `${name}: the focus is in the dialog`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      assert.ok(await opener.evaluate((element) => element === document.activeElement), `${name}: the focus came back`);
    }
    await page.getByRole('button', { name: /: switch workspace or catalog$/ }).click();
    await page.getByRole('menu').waitFor();
    found.push(...(await findings(page, 'switcher', 'header')));
    await page.keyboard.press('Escape');
    await page.keyboard.press('`');
    await page.getByRole('complementary', { name: 'Jobs' }).waitFor();
    found.push(...(await findings(page, 'job drawer', 'aside')));
    await page.keyboard.press('`');
    assert.equal(found.join('\n'), '');
  });

  test('nor on what can stand above the table: histogram, scatter, map, search by meaning', async () => {
    const { page } = studio;
    const found: string[] = [];
    await studio.go(`#/features?catalog=${catalog}`);
    await settle(page);
    for (const name of ['Scatter of features', 'Map of decoder directions', 'Search by meaning', 'Density histogram']) {
      const button = page.getByRole('button', { name, exact: true });
      if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click();
      await settle(page);
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(100);
        found.push(...(await findings(page, `${name}, ${colorScheme}`, 'main')));
      }
    }
    assert.equal(found.join('\n'), '');
  });

  test('nor with rows marked, their bar shown, and the dialog that puts them into a list', async () => {
    const { page } = studio;
    const found: string[] = [];
    await studio.go(`#/features/3?catalog=${catalog}`);
    await page.locator('#feature-row-3').waitFor();
    await page.locator('#feature-table').focus();
    for (const key of ['Space', 'Shift+J', 'Shift+J']) await page.keyboard.press(key);
    await page.getByRole('toolbar', { name: 'Marked features' }).getByText('3 marked').waitFor();
    assert.equal(await page.locator('#feature-table [role="row"][aria-selected="true"]').count(), 3);
    assert.equal(await page.locator('#feature-table [role="row"][aria-current="true"]').count(), 1);
    // axe knows nothing of rows that are drawn later: what they say of themselves is looked at for those in sight.
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.waitForTimeout(100);
      found.push(...(await findings(page, `marked rows, ${colorScheme}`, 'main')));
    }
    await page.keyboard.press('a');
    await page.getByRole('combobox', { name: 'A list, or the name of a new one' }).waitFor();
    await page.keyboard.type('words');
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(100);
      found.push(...(await findings(page, `list of the marked, ${colorScheme}`, 'dialog')));
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('toolbar', { name: 'Marked features' }).count(), 0);
    assert.equal(found.join('\n'), '');
  });

  test('nor on the cards of the tour, the lists of Label, and the scatter beside a feature', async () => {
    const { page } = studio;
    const found = await inBothThemes(studio, [`#/label?view=lists&catalog=${catalog}`, `#/features/3?catalog=${catalog}`]);
    await page.getByRole('button', { name: 'Scatter of features', exact: true }).click();
    await settle(page);
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      found.push(...(await findings(page, `scatter beside a feature, ${colorScheme}`)));
    }
    await page.keyboard.press('Control+k');
    await page.keyboard.type('Take the tour');
    await page.keyboard.press('Enter');
    const card = page.locator('.card[role="dialog"]');
    for (let at = 0; at < 6; at++) {
      await card.waitFor();
      await settle(page);
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        found.push(...(await findings(page, `card ${at} of the tour, ${colorScheme}`)));
      }
      if (at < 5) await page.keyboard.press('ArrowRight');
    }
    await page.keyboard.press('Escape');
    await card.waitFor({ state: 'detached' });
    assert.equal(found.join('\n'), '');
  });

  test('nor on errors: an unknown page, run and feature, a catalog that is none', async () => {
    assert.equal((await inBothThemes(studio, ['#/nonsense', '#/runs/none', `#/feature/99999?catalog=${catalog}`, '#/features?catalog=%2Fnowhere%2Fx.loupe'])).join('\n'), '');
  });

  test('Tab reaches every control of every page, shows where it is, and is caught nowhere', async () => {
    const { page } = studio;
    const problems: string[] = [];
    for (const route of pages.flatMap(({ id }) => routesOf(id))) {
      await studio.go(route);
      await settle(page);
      const total = await page.evaluate(() => {
        const controls = [...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]')].filter((element) => (
          element.tabIndex >= 0 && !(element as HTMLButtonElement).disabled && element.checkVisibility({ checkVisibilityCSS: true }) && element.getClientRects().length > 0
          // Of a group of radio buttons of the browser's own Tab reaches one.
          && !(element instanceof HTMLInputElement && element.type === 'radio' && !element.checked)));
        controls.forEach((element, i) => { element.dataset['tabTest'] = String(i); });
        (document.activeElement as HTMLElement | null)?.blur();
        document.body.focus();
        return controls.length;
      });
      const reached = new Set<string>();
      let invisible = '';
      for (let presses = 0; presses < total * 2 + 40 && reached.size < total; presses++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const element = document.activeElement as HTMLElement | null;
          if (element === null || element === document.body) return null;
          const style = getComputedStyle(element);
          const shown = style.outlineStyle !== 'none' || style.boxShadow !== 'none' || element.matches('input[type="text"], .cursor') || element.closest(':focus-within')?.matches('.cursor') === true;
          return { id: element.dataset['tabTest'] ?? null, shown, html: element.outerHTML.slice(0, 120) };
        });
        if (at === null) continue;
        // What has come since the count (panels load as they are seen) is walked through, too.
        if (at.id !== null) reached.add(at.id);
        if (!at.shown) invisible = at.html;
      }
      const missed = await page.evaluate((ids) => [...document.querySelectorAll<HTMLElement>('[data-tab-test]')].filter((element) => !ids.includes(element.dataset['tabTest']!) && element.isConnected).map((element) => element.outerHTML.slice(0, 120)), [...reached]);
      if (missed.length > 0) problems.push(`${route}: not reached: ${missed.slice(0, 3).join(' | ')} (${missed.length} of ${total})`);
      if (invisible !== '') problems.push(`${route}: focus not visible on ${invisible}`);
      await page.evaluate(() => document.querySelectorAll<HTMLElement>('[data-tab-test]').forEach((element) => { delete element.dataset['tabTest']; }));
    }
    assert.deepEqual(problems, []);
  });

  test('with reduced motion nothing moves', async () => {
    await studio.page.emulateMedia({ reducedMotion: 'reduce' });
    const moving = await studio.page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element);
      return [...transitionDuration.split(','), ...animationDuration.split(',')].some((time) => Number.parseFloat(time) > 0);
    }).length);
    assert.equal(moving, 0);
  });
});

describe('Accessibility without data and without a host', { skip: noStudio }, () => {
  let studio: Studio;
  before(async () => { studio = await openStudio({ features: 0, width: 1000, height: 760 }); });
  after(async () => { await studio?.end(); });

  test('axe finds nothing serious on any page of an empty workspace, and each says what it will show', async () => {
    assert.equal((await inBothThemes(studio, pages.map(({ id }) => `#/${id}`))).join('\n'), '');
    for (const { id } of pages) {
      await studio.go(`#/${id}`);
      await settle(studio.page);
      assert.ok((await studio.page.locator('main').innerText()).trim().length > 40, `#/${id} is blank`);
    }
  });

  test('nor when the host has gone: every page keeps its words under the banner', async () => {
    await studio.stop();
    await studio.page.getByText('Loupe does not answer').waitFor();
    assert.equal((await inBothThemes(studio, pages.map(({ id }) => `#/${id}`))).join('\n'), '');
  });
});
