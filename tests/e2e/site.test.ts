/** The exported site in a real browser, opened from disk: table, search, feature, examples, relations, both signs, keys, themes, hostile words, no request. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { openCatalogReader } from '../../src/main/catalog/opening.ts';
import { featurePageOf } from '../../src/main/catalog/reading.ts';
import { percent, signed } from '../../src/renderer/src/format/number.ts';
import { mix, parseColour, strength, type Rgb } from '../../src/renderer/src/tokens/colour.ts';
import { hostileCatalog, hostileLabels } from '../support/hostile-catalog.ts';
import { exportTo } from '../support/share.ts';
import { signedCatalog } from '../support/signed-catalog.ts';
import { noChromium, openBrowser, type Browser } from './chromium.ts';
import type { Locator } from 'playwright-core';

interface Axe { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }

describe('an exported site', { skip: noChromium }, () => {
  let folder: string;
  let browser: Browser;
  const requests: string[] = [];
  const open = (name: string, hash = ''): Promise<unknown> => browser.page.goto(`${pathToFileURL(join(folder, name, 'index.html')).href}${hash}`);
  const text = (selector: string): Promise<string> => browser.page.locator(selector).first().innerText();
  const at = (index: number): Promise<unknown> => browser.page.waitForFunction((wanted) => document.querySelector('h1')?.textContent?.replace(/\D/g, '') === wanted, String(index));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loupe-site-'));
    generateCatalog(join(folder, 'small.loupe'), { features: 300, contexts: 60, labelled: 0.3, seed: 5 });
    hostileCatalog(join(folder, 'hostile.loupe'));
    exportTo(join(folder, 'small.loupe'), 'html', join(folder, 'site'));
    exportTo(join(folder, 'hostile.loupe'), 'html', join(folder, 'hostile'));
    await signedCatalog(join(folder, 'signed.loupe'));
    exportTo(join(folder, 'signed.loupe'), 'html', join(folder, 'signed'), { examples: 100 });
    browser = await openBrowser({ width: 1280, height: 800 });
    browser.page.on('request', (request) => requests.push(request.url()));
    await open('site');
    await browser.page.locator('.item').first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('shows the table, only the rows in sight, and the rest when they are scrolled to', async () => {
    assert.match(await text('#state'), /300 features, \d+ labelled/);
    assert.ok(await browser.page.locator('.item').count() < 60);
    await browser.page.locator('.scroll').evaluate((element) => { element.scrollTop = element.scrollHeight; });
    await browser.page.locator('#row-299').waitFor();
  });

  test('sorts by a column and turns round', async () => {
    const max = browser.page.getByRole('columnheader', { name: 'Max' });
    await max.getByRole('button').click();
    assert.equal(await max.getAttribute('aria-sort'), 'descending');
    const values = (await browser.page.locator('.item > :nth-child(3)').allTextContents()).slice(0, 10).map(Number);
    assert.deepEqual(values, values.toSorted((a, b) => b - a));
    await max.getByRole('button').click();
    assert.equal(await max.getAttribute('aria-sort'), 'ascending');
    await browser.page.getByRole('columnheader', { name: 'Feature' }).getByRole('button').click();
  });

  test('finds by /, filters, and Escape shows all again', async () => {
    await browser.page.keyboard.press('/');
    await browser.page.keyboard.type('sense');
    await browser.page.waitForFunction(() => /^\d+ of 300/.test(document.querySelector('#state')?.textContent ?? ''));
    assert.ok((await browser.page.locator('.label').allTextContents()).every((label) => label.includes('sense')));
    await browser.page.keyboard.press('Escape');
    await browser.page.waitForFunction(() => /^300 features/.test(document.querySelector('#state')?.textContent ?? ''));
    await browser.page.locator('#dead').selectOption('1');
    assert.ok((await browser.page.locator('.density').allTextContents()).every((cell) => cell === 'dead'));
    await browser.page.locator('#dead').selectOption('');
  });

  test('J and K walk; the feature shows what the catalog holds', async () => {
    await browser.page.locator('#table').focus();
    await browser.page.keyboard.press('j');
    await at(0);
    await browser.page.keyboard.press('j');
    await at(1);
    await browser.page.keyboard.press('k');
    await at(0);
    const db = openCatalogReader(join(folder, 'small.loupe'));
    const feature = featurePageOf(db, { source: 1, index: 0 });
    db.close();
    assert.deepEqual(await browser.page.locator('.logits.up .token').allTextContents(), feature.topLogits.map((row) => row.token.replace(/^ /, '·')));
    const example = feature.groups[0]!.examples[0]!;
    await browser.page.locator('.text').first().press('Enter');
    assert.equal((await browser.page.locator('.text.open').first().locator('.token').allTextContents()).join(''), example.tokens.join(''));
    assert.equal(await browser.page.locator('.text.open .peak').first().textContent(), example.tokens[example.peak - example.start]);
    const shaded = await browser.page.locator('.text.open .token').evaluateAll((tokens) => tokens.flatMap((token, i) => ((token as HTMLElement).style.backgroundColor === '' ? [] : [i])));
    assert.deepEqual(shaded, [...(example.activations.data as Float32Array)].flatMap((value, i) => (value > 0 ? [i] : [])));
  });

  test('hovering a token says what it is; groups, histogram and provenance are there', async () => {
    await browser.page.locator('.text.open .peak').first().hover();
    assert.match(await text('#tip'), /token[\s\S]*position[\s\S]*activation/);
    assert.match(await browser.page.locator('.examples').innerText(), /Top activations[\s\S]*Interval 5 of 5[\s\S]*Interval 1 of 5/);
    assert.ok(await browser.page.locator('.chart rect').count() > 5);
    await browser.page.getByText('Provenance of this source').click();
    assert.match(await text('.json'), /"generated"/);
  });

  test('an address leads to a feature, and back goes back', async () => {
    await open('site', '#s=1&f=7');
    await at(7);
    await browser.page.locator('.near button:enabled').first().click();
    await browser.page.waitForFunction(() => !/\b7\b/.test(document.querySelector('h1')?.textContent ?? ''));
    await browser.page.evaluate(() => { location.hash = '#s=1&f=99999'; });
    await browser.page.locator('.error').waitFor();
    assert.match(await text('.error'), /99999 is not in this export/);
    await browser.page.goBack();
  });

  test('what fires with it, correlations, weights and the effect on the vocabulary are those of the catalog', async () => {
    await open('site', '#s=1&f=7');
    await at(7);
    const db = openCatalogReader(join(folder, 'small.loupe'));
    const { extras } = featurePageOf(db, { source: 1, index: 7 });
    db.close();
    const panel = (name: string): Locator => browser.page.locator('.panel', { has: browser.page.getByRole('heading', { name, exact: true }) });
    const figures = async (name: string, part: string): Promise<string[]> => panel(name).locator(part).allTextContents();
    assert.deepEqual((await figures('Fires together with', '.index')).map(Number), extras!.cooccurring.map(({ index }) => index));
    assert.deepEqual(await figures('Fires together with', 'button > :last-child'), extras!.cooccurring.map(({ jaccard }) => percent(jaccard, 2)));
    assert.deepEqual(await figures('Correlated features', 'button > :last-child'), extras!.correlated.map(({ correlation }) => signed(correlation, 3)));
    assert.deepEqual(await figures('Correlated dimensions', 'li > :first-child'), extras!.neurons.map(({ dimension }) => String(dimension)));
    assert.deepEqual(await figures('Decoder weights', 'tbody td:nth-child(2)'), extras!.aligned.map(({ value }) => signed(value, 3)));
    const drawn = [['Logit effects over the vocabulary', extras!.logits!], ['Decoder weights', extras!.weights]] as const;
    for (const [name, { counts }] of drawn) {
      const shown = (await figures(name, 'rect title')).map((title) => Number(/: ([\d,]+) /.exec(title)![1]!.replaceAll(',', '')));
      assert.deepEqual(shown, [...counts.data].filter((n) => n > 0), name);
    }
    await panel('Fires together with').locator('button:enabled').first().click();
    await at(extras!.cooccurring[0]!.index);
  });

  for (const theme of ['light', 'dark']) {
    test(`firings below 0 have their own hue, scale and groups in the ${theme} theme`, async () => {
      await browser.page.evaluate((wanted) => { localStorage.setItem('loupe-theme', wanted); }, theme);
      const db = openCatalogReader(join(folder, 'signed.loupe'));
      const pages = [0, 7, 9].map((index) => featurePageOf(db, { source: 1, index }));
      db.close();
      for (const feature of pages) {
        await open('signed', `#s=1&f=${feature.index}`);
        await browser.page.reload();
        await at(feature.index);
        const groups = await browser.page.locator('.examples h3').allTextContents();
        assert.deepEqual(groups, feature.groups.map(({ name }) => name));
        const charts = await browser.page.locator('.facts').first().locator('.chart').evaluateAll((found) => found.map((chart) => chart.classList[1]));
        assert.deepEqual(charts, [...(feature.max > 0 ? ['above'] : []), ...(feature.min < 0 ? ['below'] : [])]);
        const example = feature.groups.at(feature.min < 0 ? -6 : 0)!.examples[0]!;
        const row = browser.page.locator('.group').nth(feature.min < 0 ? feature.groups.length - 6 : 0).locator('.text').first();
        await row.press('Enter');
        const colours = await browser.page.evaluate(() => ['surface-1', 'activation', 'negative'].map((name) => {
          const probe = document.body.appendChild(document.createElement('span'));
          probe.style.color = `var(--${name})`;
          const { color } = getComputedStyle(probe);
          probe.remove();
          return color;
        }));
        const [surface, above, below] = colours.map(parseColour) as [Rgb, Rgb, Rgb];
        const shown = await row.locator('.token').evaluateAll((tokens) => tokens.map((token) => (token as HTMLElement).style.backgroundColor));
        const values = [...(example.activations.data as Float32Array)];
        assert.ok(values.some((value) => (feature.min < 0 ? value < 0 : value > 0)));
        values.forEach((value, i) => {
          if (value === 0) return assert.equal(shown[i], '');
          const wanted = mix(surface, value < 0 ? below : above, strength(value, Math.max(feature.max, -feature.min)));
          // Values in the site have five digits.
          parseColour(shown[i]!).forEach((channel, c) => assert.ok(Math.abs(channel - wanted[c]!) <= 1, `token ${i}, ${value}: ${shown[i]}`));
        });
        assert.match(await browser.page.locator('.legend').getAttribute('aria-label') ?? '', feature.min < 0 ? /^Shading from −/ : /^Shading from 0 /);
      }
    });

    test(`axe finds nothing serious in the ${theme} theme`, async () => {
      for (const [name, hash] of [['site', '#s=1&f=3'], ['signed', '#s=1&f=0']] as const) {
        await open(name, hash);
        await browser.page.reload();
        await browser.page.locator('.panel').first().waitFor();
        await browser.page.evaluate((wanted) => { document.documentElement.dataset['theme'] = wanted; }, theme);
        await browser.page.evaluate(readFileSync(resolve(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8'));
        const { violations } = await browser.page.evaluate(() => (globalThis as unknown as { axe: Axe }).axe.run());
        assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${name}: ${id}: ${nodes[0]!.html.slice(0, 200)}`), []);
      }
    });
  }

  test('hostile words are text: nothing runs, nothing turns round', async () => {
    await open('hostile');
    await browser.page.locator('.item').first().waitFor();
    for (let index = 0; index < 5; index++) {
      await browser.page.keyboard.press('j');
      await at(index);
      for (const example of await browser.page.locator('.text').all()) await example.press('Enter');
    }
    assert.equal(await browser.page.evaluate(() => (globalThis as unknown as { attacked?: unknown }).attacked), undefined);
    assert.equal(await browser.page.locator('img, article script, article iframe').count(), 0);
    assert.equal((await browser.page.locator('.label').allTextContents())[0], hostileLabels[0]);
    const shown = await browser.page.locator('article').innerText();
    assert.ok(!/[\u202A-\u202E\u2066-\u2069\0]/.test(shown));
    // Words from the catalog do not lead out either: the policy of the page names no other place.
    assert.match(await browser.page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content') ?? '', /default-src 'none'/);
  });

  test('nothing was asked of anybody, and no page threw', () => {
    assert.deepEqual(requests.filter((url) => !url.startsWith('file:')), []);
    // axe asks for the style sheets to read them, which the page's policy refuses.
    assert.deepEqual(browser.errors.filter((error) => !/^Connecting to .*\.css' violates/.test(error)), []);
  });
});
