/** Reading, searching and labelling through the threads, on a generated catalog. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { copyCatalog, createCatalog, openCatalog, setSlowQueryLog, stopThreads, verifyCatalog } from '../../../../src/main/catalog/client.ts';
import type { CatalogClient } from '../../../../src/main/catalog/client.ts';
import { commands } from '../../../../src/shared/contract.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const features = 300;
const source = 1;
let folder: string;
let original: string;
let catalog: CatalogClient;

before(async () => {
  setSlowQueryLog(() => {});
  folder = mkdtempSync(join(tmpdir(), 'loupe-client-'));
  original = join(folder, 'original.loupe');
  generateCatalog(original, { features, contexts: 80, contextLength: 128, labelled: 0.3, vocabulary: 400 });
  const path = join(folder, 'catalog.loupe');
  copyFileSync(original, path);
  catalog = await openCatalog(path);
});

after(async () => {
  await catalog.close();
  await stopThreads();
  rmSync(folder, { recursive: true, force: true });
});

const kind = (expected: string, words = /./) => (error: unknown): boolean => error instanceof LoupeError && error.kind === expected && words.test(error.message);
const all = { source, sort: 'index', descending: false, filter: {}, search: null, offset: 0, limit: 500 } as const;

describe('answers', () => {
  test('satisfy the contract', async () => {
    const parse = (name: 'catalog.info' | 'catalog.features' | 'catalog.columns' | 'catalog.feature' | 'catalog.context' | 'catalog.search' | 'catalog.labels', output: unknown): void => { commands[name].output.parse(output); };
    parse('catalog.info', await catalog.info());
    parse('catalog.features', await catalog.features(all));
    parse('catalog.columns', await catalog.columns({ source, names: ['density', 'max', 'mean'] }));
    const page = await catalog.feature({ source, index: 7 });
    parse('catalog.feature', page);
    parse('catalog.context', await catalog.context({ source, index: 7, context: page.groups[0]!.examples[0]!.context }));
    parse('catalog.search', await catalog.search({ source, text: 'the', in: 'contexts', limit: 10 }));
    parse('catalog.search', await catalog.search({ source, text: 'the', in: 'labels', limit: 10 }));
    parse('catalog.labels', await catalog.labels({ source, index: 7 }));
  });

  test('the information counts features, dead ones and labels as the rows have them', async () => {
    const [row] = (await catalog.info()).sources;
    const { rows } = await catalog.features(all);
    assert.equal(row!.features, features);
    assert.equal(row!.dead, rows.filter(({ density }) => density === 0).length);
    assert.equal(row!.labelled, rows.filter(({ label }) => label !== null).length);
  });

  test('columns hold every feature in index order', async () => {
    const { columns: [density, max] } = await catalog.columns({ source, names: ['density', 'max'] });
    const { rows } = await catalog.features(all);
    assert.deepEqual([...density!.data], rows.map((row) => Math.fround(row.density)));
    assert.deepEqual([...max!.data], rows.map((row) => Math.fround(row.max)));
  });

  test('a feature that is not there names how many there are', () => assert.rejects(catalog.feature({ source, index: features }), kind('not-found', /300 features/)));
  test('a source that is not there names those that are', () => assert.rejects(catalog.features({ ...all, source: 9 }), kind('not-found', /it has 1/)));
});

describe('the feature table', () => {
  test('sorts by each column in both directions, and pages without gaps or repeats', async () => {
    for (const sort of ['index', 'density', 'max', 'mean'] as const) {
      const key = (row: { index: number; density: number; max: number; mean: number }): number => row[sort];
      for (const descending of [false, true]) {
        const pages = await Promise.all([0, 100, 200].map((offset) => catalog.features({ ...all, sort, descending, offset, limit: 100 })));
        const rows = pages.flatMap((page) => page.rows);
        assert.equal(new Set(rows.map(({ index }) => index)).size, features);
        for (let i = 1; i < rows.length; i++) assert.ok(descending ? key(rows[i - 1]!) >= key(rows[i]!) : key(rows[i - 1]!) <= key(rows[i]!), `${sort} ${descending} ${i}`);
      }
    }
  });

  test('sorts by label with the unlabelled last, both ways', async () => {
    for (const descending of [false, true]) {
      const { rows } = await catalog.features({ ...all, sort: 'label', descending });
      const labels = rows.map(({ label }) => label);
      const first = labels.indexOf(null);
      assert.ok(first > 0 && labels.slice(first).every((label) => label === null));
      const texts = labels.slice(0, first).map((label) => label!.toLowerCase());
      assert.deepEqual(texts, descending ? texts.toSorted().toReversed() : texts.toSorted());
    }
  });

  test('filters combine, and the total counts what they leave', async () => {
    const { rows } = await catalog.features(all);
    const filter = { densityMin: 0.001, maxMax: 6, labelled: true, dead: false };
    const kept = rows.filter((row) => row.density >= 0.001 && row.max <= 6 && row.label !== null && row.density > 0);
    const found = await catalog.features({ ...all, filter, limit: 3 });
    assert.equal(found.total, kept.length);
    assert.deepEqual(found.rows.map(({ index }) => index), kept.slice(0, 3).map(({ index }) => index));
  });

  test('a search keeps the features with a matching label or example', async () => {
    const { rows } = await catalog.features({ ...all, search: 'river' });
    const labelled = (await catalog.search({ source, text: 'river', in: 'labels', limit: 500 })).hits.map(({ index }) => index!);
    const shown = (await catalog.search({ source, text: 'river', in: 'contexts', limit: 500 })).hits.map(({ index }) => index!);
    assert.deepEqual(rows.map(({ index }) => index), [...new Set([...labelled, ...shown])].sort((a, b) => a - b));
    assert.ok(rows.length > 0);
  });

  test('shows the peak token of the top example between its neighbours', async () => {
    const { rows } = await catalog.features({ ...all, filter: { dead: false }, limit: 1 });
    const { groups } = await catalog.feature({ source, index: rows[0]!.index });
    const top = groups[0]!.examples[0]!;
    assert.equal(rows[0]!.preview!.peak, top.tokens[top.peak - top.start]);
  });
});

describe('the page of a feature', () => {
  /** The feature that fires most: it has all its examples. */
  const densest = async (): Promise<number> => (await catalog.features({ ...all, sort: 'density', descending: true, limit: 1 })).rows[0]!.index;

  test('gives each example its tokens, its document, the exact peak, and the others within half a step', async () => {
    const page = await catalog.feature({ source, index: await densest() });
    assert.deepEqual(page.groups.map(({ examples }) => examples.length), [20, 5, 5, 5, 5, 5]);
    assert.equal([...page.histogram.counts.data].reduce((a, b) => a + b, 0), page.firings);
    assert.ok(Math.abs(page.groups.slice(1).reduce((sum, { share }) => sum + share!, 0) - 1) < 1e-9);
    const top = page.groups[0]!.examples[0]!;
    assert.equal(top.activations.data[top.peak - top.start], page.max);
    // The generator halves the activation with each token away from the peak.
    const beside = top.peak > top.start ? top.peak - top.start - 1 : 1;
    assert.ok(Math.abs(top.activations.data[beside]! - page.max / 2) <= top.step / 2 + 1e-6);
  });

  test('the whole context holds the window at its place and zeros elsewhere', async () => {
    const index = await densest();
    const shown = (await catalog.feature({ source, index })).groups.flatMap(({ examples }) => examples);
    // One that is alone in its context: generated windows that overlap do not agree with each other.
    const top = shown.find((example) => shown.filter(({ context }) => context === example.context).length === 1)!;
    const whole = await catalog.context({ source, index, context: top.context });
    assert.equal(whole.tokens.length, 128);
    assert.deepEqual(whole.tokens.slice(top.start, top.start + top.tokens.length), top.tokens);
    assert.ok(Math.abs(whole.activations.data[top.peak]! - top.activations.data[top.peak - top.start]!) <= whole.step);
  });
});

describe('labels', () => {
  const label = (index: number, text: string) => catalog.setLabel({ source, index, text, author: 'Ada', kind: 'manual', confidence: 4, notes: 'seen in glosses' });

  test('a new label is current, sortable and found at once; the old one stays in the history', async () => {
    const before = (await catalog.labels({ source, index: 3 })).history.length;
    await label(3, 'Crème brûlée');
    const { label: second } = await label(3, 'desserts of the kitchen');
    const { history } = await catalog.labels({ source, index: 3 });
    assert.equal(history.length, before + 2);
    assert.deepEqual(history.slice(0, 2).map((row) => [row.text, row.current]), [['desserts of the kitchen', true], ['Crème brûlée', false]]);
    assert.equal((await catalog.feature({ source, index: 3 })).label!.id, second.id);
    assert.deepEqual((await catalog.search({ source, text: 'dessert', in: 'labels', limit: 5 })).hits.map(({ index }) => index), [3]);
    assert.deepEqual((await catalog.search({ source, text: 'brulee', in: 'labels', limit: 5 })).hits, []);
  });

  test('undo brings the one before back, words of the index too', async () => {
    const { label: back } = await catalog.undoLabel({ source, index: 3 });
    assert.equal(back!.text, 'Crème brûlée');
    const { hits } = await catalog.search({ source, text: 'BRULEE', in: 'labels', limit: 5 });
    assert.deepEqual(hits.map(({ index, snippet, marks }) => [index, snippet.slice(...marks[0]!)]), [[3, 'brûlée']]);
    assert.deepEqual((await catalog.search({ source, text: 'dessert', in: 'labels', limit: 5 })).hits, []);
    const { rows } = await catalog.features({ ...all, offset: 3, limit: 1 });
    assert.deepEqual([rows[0]!.label, rows[0]!.labelKind, rows[0]!.confidence], ['Crème brûlée', 'manual', 4]);
  });

  test('undo past the first leaves none, and one more is a conflict', async () => {
    const unlabelled = (await catalog.features({ ...all, filter: { labelled: false }, limit: 1 })).rows[0]!.index;
    await label(unlabelled, 'only one');
    assert.deepEqual(await catalog.undoLabel({ source, index: unlabelled }), { label: null });
    await assert.rejects(catalog.undoLabel({ source, index: unlabelled }), kind('conflict'));
    assert.equal((await catalog.features({ ...all, offset: unlabelled, limit: 1 })).rows[0]!.label, null);
  });

  test('one that is too long, or empty, is refused with its length and nothing changes', async () => {
    const before = await catalog.labels({ source, index: 4 });
    await assert.rejects(label(4, 'x'.repeat(2001)), kind('bad-request', /2001 characters; at most 2000/));
    await assert.rejects(label(4, '   '), kind('bad-request', /empty/));
    assert.deepEqual(await catalog.labels({ source, index: 4 }), before);
  });

  test('words that are operators, quotes and stars elsewhere are looked for as words', async () => {
    for (const text of ['AND', 'NEAR(', '"', '*', 'a OR', 'text:the', '-', '()', '\u0000', "'; DROP TABLE labels"]) {
      await catalog.search({ source, text, in: 'labels', limit: 5 });
      await catalog.search({ source, text, in: 'contexts', limit: 5 });
      await catalog.features({ ...all, search: text });
    }
  });
});

describe('opening', () => {
  test('read-only gives the same answers and refuses labels', async () => {
    const other = await openCatalog(original, { readOnly: true });
    assert.equal(other.readOnly, true);
    assert.equal((await other.features(all)).total, features);
    await assert.rejects(other.setLabel({ source, index: 1, text: 'x', author: '', kind: 'manual', confidence: null, notes: '' }), kind('read-only', /Copy it/));
    await other.close();
    await assert.rejects(other.info(), kind('disposed'));
  });

  test('the same file twice stays open for the other', async () => {
    const again = await openCatalog(catalog.path);
    await again.close();
    assert.equal((await catalog.features(all)).total, features);
  });

  test('an empty catalog says that it is incomplete', async () => {
    const path = join(folder, 'empty.loupe');
    await createCatalog(path);
    await assert.rejects(createCatalog(path), kind('conflict'));
    const empty = await openCatalog(path);
    assert.deepEqual([(await empty.info()).complete, (await empty.info()).sources], [false, []]);
    await empty.close();
    assert.deepEqual((await verifyCatalog(path)).complete, false);
  });

  test('a copy holds the same features, examples and labels, and is sound', async () => {
    const to = join(folder, 'copy.loupe');
    await copyCatalog(original, to);
    assert.deepEqual((await verifyCatalog(to)).problems, []);
    const [a, b] = [await openCatalog(original, { readOnly: true }), await openCatalog(to)];
    assert.deepEqual(await b.features(all), await a.features(all));
    assert.deepEqual(await b.feature({ source, index: 7 }), await a.feature({ source, index: 7 }));
    assert.deepEqual(await b.search({ source, text: 'the', in: 'labels', limit: 50 }), await a.search({ source, text: 'the', in: 'labels', limit: 50 }));
    await Promise.all([a.close(), b.close()]);
  });
});
