/** Neuronpedia's exports as catalogs: ours come back as they were, others' as well as their rows tell, and nothing hostile gets in. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { generateCatalog } from '../../../../../bench/generate-catalog.ts';
import { stopThreads } from '../../../../../src/main/catalog/client.ts';
import type { ReadHandle } from '../../../../../src/main/catalog/handle.ts';
import { setLabel } from '../../../../../src/main/catalog/labelling.ts';
import { openCatalogReader, openCatalogWriter } from '../../../../../src/main/catalog/opening.ts';
import { featurePageOf, labels, search } from '../../../../../src/main/catalog/reading.ts';
import { sources } from '../../../../../src/main/catalog/tables/sources.ts';
import { featureDetails } from '../../../../../src/main/catalog/tables/features.ts';
import { labelScores } from '../../../../../src/main/catalog/tables/scores.ts';
import { verify } from '../../../../../src/main/catalog/verify.ts';
import { importNeuronpedia } from '../../../../../src/main/share/neuronpedia/import.ts';
import { importCatalog } from '../../../../../src/main/share/run.ts';
import { hostileCatalog } from '../../../../support/hostile-catalog.ts';
import { foreignActivations, foreignExplanations, foreignFeature } from '../../../../support/neuronpedia-rows.ts';
import { exportTo, quiet } from '../../../../support/share.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const clean: (() => void)[] = [];
const folder = temporaryFolder({ after: (end) => clean.push(end) });
after(async () => {
  await stopThreads();
  clean.toReversed().forEach((end) => end());
});
let number = 0;

/** Imports what lies at `paths`; the catalog is verified and open. */
async function imported(...paths: string[]): Promise<{ db: ReadHandle; facts: Record<string, unknown>; out: string }> {
  const out = join(folder, `import-${number++}.loupe`);
  const facts = await importNeuronpedia({ from: 'neuronpedia', paths, out }, quiet);
  assert.deepEqual(verify(out).problems, []);
  assert.equal(verify(out).complete, true);
  const db = openCatalogReader(out);
  clean.push(() => db.close());
  return { db, facts, out };
}

/** A folder with rows as files; a string is a line as it is. */
function tree(files: Record<string, readonly (object | string)[]>, gzip = false): string {
  const root = join(folder, `tree-${number++}`);
  for (const [name, rows] of Object.entries(files)) {
    const text = rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, gzip ? `${name}.gz` : name), gzip ? gzipSync(text) : text);
  }
  return root;
}

const foreign = { 'features/batch-0.jsonl': [foreignFeature], 'activations/batch-0.jsonl': foreignActivations, 'explanations/batch-0.jsonl': foreignExplanations };

describe('our own export', () => {
  const from = join(folder, 'from.loupe');
  let back: ReadHandle;
  let original: ReadHandle;
  before(async () => {
    generateCatalog(from, { features: 60, contexts: 40, contextLength: 64, vocabulary: 200 });
    const db = openCatalogWriter(from);
    setLabel(db, { source: 1, index: 3, text: 'first', author: 'ada', kind: 'manual', confidence: 2, notes: 'why' });
    setLabel(db, { source: 1, index: 3, text: 'second', author: 'a-model', kind: 'model', confidence: 5, notes: '', family: 'kin' });
    db.close();
    exportTo(from, 'neuronpedia', join(folder, 'ours'));
    back = (await imported(join(folder, 'ours'))).db;
    original = openCatalogReader(from);
    clean.push(() => original.close());
  });

  test('comes back with the same figures and examples, to float32 and eight bits', () => {
    for (let index = 0; index < 60; index++) {
      const [a, b] = [original, back].map((db) => featurePageOf(db, { source: 1, index }));
      for (const name of ['density', 'firings', 'tokens', 'max', 'mean', 'dead'] as const) assert.equal(b![name], a![name], `${name} of ${index}`);
      assert.deepEqual(b!.histogram, a!.histogram);
      for (const side of ['topLogits', 'bottomLogits'] as const) assert.deepEqual(b![side].map(({ token, value }) => [token, Math.fround(value)]), a![side].map(({ token, value }) => [token, Math.fround(value)]));
      assert.deepEqual(b!.neighbours.map((row) => [row.index, Math.fround(row.cosine)]), a!.neighbours.map((row) => [row.index, Math.fround(row.cosine)]));
      const shown = (page: typeof a): unknown => page!.groups.map((group) => [group.share, group.examples.map((example) => [example.tokens, [...example.activations.data], example.peak - example.start, example.special])]);
      assert.deepEqual(shown(b), shown(a), `examples of ${index}`);
      assert.deepEqual(featureDetails(back, 1, index).bins, featureDetails(original, 1, index).bins);
    }
  });

  test('comes back with its labels: words, authors, kinds, confidence, families, times, and which is current', () => {
    for (let index = 0; index < 60; index++) {
      const [a, b] = [original, back].map((db) => labels(db, { source: 1, index }).history.map(({ id: _id, ...label }) => label));
      assert.deepEqual(b, a);
    }
    assert.equal(search(back, { source: 1, text: 'second', in: 'labels', limit: 5 }).hits[0]?.index, 3);
  });

  test('words of examples are found', () => {
    const [word] = featurePageOf(back, { source: 1, index: 3 }).groups[0]!.examples[0]!.tokens.map((token) => token.trim()).filter((token) => /^\p{L}{6,}$/u.test(token));
    assert.ok(search(back, { source: 1, text: word!, in: 'contexts', limit: 5 }).hits.length > 0);
  });

  test('a selection comes back as one', async () => {
    exportTo(from, 'neuronpedia', join(folder, 'part'), { selection: { indices: '3-5,40' } });
    const { db, facts } = await imported(join(folder, 'part'));
    assert.equal(facts['features'], 4);
    assert.equal(sources(db)[0]!.features, 41);
    assert.throws(() => featurePageOf(db, { source: 1, index: 6 }), /holds a selection without it/);
  });

  test('hostile words come back as they are', async () => {
    hostileCatalog(join(folder, 'hostile.loupe'));
    exportTo(join(folder, 'hostile.loupe'), 'neuronpedia', join(folder, 'hostile'));
    const { db } = await imported(join(folder, 'hostile'));
    const theirs = openCatalogReader(join(folder, 'hostile.loupe'));
    clean.push(() => theirs.close());
    for (let index = 0; index < 5; index++) {
      const [a, b] = [theirs, db].map((handle) => featurePageOf(handle, { source: 1, index }));
      assert.deepEqual(b!.groups[0]!.examples.map((example) => example.tokens), a!.groups[0]!.examples.map((example) => example.tokens));
      assert.equal(b!.label?.text, a!.label?.text);
    }
  });
});

describe('an export of others', () => {
  for (const gzip of [false, true]) {
    test(`is taken in with what its rows tell${gzip ? ', packed' : ''}`, async () => {
      const { db } = await imported(tree(foreign, gzip));
      const page = featurePageOf(db, { source: 1, index: 7 });
      // Heights are counts: 10 x 18 + 10 x 2 = 200 firings, so 200 / 0.002 = 100,000 tokens.
      assert.deepEqual([page.firings, page.tokens, page.density, page.max], [200, 100_000, 0.002, 10]);
      assert.equal((page.histogram.counts.data as Float64Array).reduce((a, b) => a + b, 0), 200);
      assert.deepEqual(page.topLogits.map((row) => [row.token, row.value]), [[' up', 1.5], [' over', 1.25]]);
      const [top, , , , fourth] = page.groups;
      assert.deepEqual(top!.examples[0]!.tokens, ['<|endoftext|>', ' look', ' up', '!']);
      assert.deepEqual(top!.examples[0]!.special, [0]);
      assert.deepEqual([top!.examples[0]!.peak, fourth!.examples.length], [2, 1]);
      // 2 to 4 is the second fifth from below.
      assert.deepEqual(fourth!.examples[0]!.tokens, [' turn', ' over']);
      assert.equal(page.label?.text, 'up and over');
      assert.deepEqual(labels(db, { source: 1, index: 7 }).history.map(({ text, kind, author }) => [text, kind, author]), [['up and over', 'manual', 'ada'], ['directions upwards', 'model', 'gpt-4o-mini']]);
      assert.deepEqual(labelScores(db, page.label!.id).map(({ scorer, value }) => [scorer, value]), [['eleuther_fuzz', 0.75]]);
      const [source] = sources(db);
      assert.deepEqual([source!.name, source!.layer, source!.hookPoint, source!.modelName, source!.kind], ['10-res-jb', 10, 'blocks.10.hook_resid_pre', 'gpt2-small', 'neuronpedia']);
    });
  }

  test('without features, figures are those of the examples', async () => {
    const { db } = await imported(tree({ 'activations/batch-0.jsonl': foreignActivations, 'explanations/batch-0.jsonl': foreignExplanations }));
    const page = featurePageOf(db, { source: 1, index: 7 });
    // Three of six tokens fire; the largest is 10.
    assert.deepEqual([page.firings, page.tokens, page.max, page.groups[0]!.examples.length], [3, 6, 10, 1]);
    assert.match(sources(db)[0]!.provenance, /"tokens":"examples"/);
  });

  test('loose files are known by their rows', async () => {
    const root = tree({ 'a.jsonl': [foreignFeature], 'b.jsonl': foreignActivations, 'c.jsonl': foreignExplanations });
    const { facts } = await imported(...['a', 'b', 'c'].map((name) => join(root, `${name}.jsonl`)));
    assert.deepEqual([facts['features'], facts['examples'], facts['labels']], [1, 2, 2]);
  });

  test('each folder of a source becomes one, in one catalog', async () => {
    const root = tree({ ...Object.fromEntries(Object.entries(foreign).map(([name, rows]) => [`m/10-res-jb/${name}`, rows])), 'm/11-res-jb/features/batch-0.jsonl': [{ ...foreignFeature, layer: '11-res-jb' }] });
    const { db, facts } = await imported(root);
    assert.equal(facts['sources'], 2);
    assert.deepEqual(sources(db).map((source) => source.name), ['10-res-jb', '11-res-jb']);
  });

  test('wrong rows are left out, counted, and named by file, line and field', async () => {
    const root = tree({
      'features/batch-0.jsonl': [foreignFeature, { ...foreignFeature, index: '7' }, { ...foreignFeature, index: '1e9' }, { ...foreignFeature, index: 8, frac_nonzero: 2 }, 'no json', '[1]', { ...foreignFeature, index: 9, pos_values: [1] }],
      'activations/batch-0.jsonl': [...foreignActivations, { ...foreignActivations[0], index: '5' }, { ...foreignActivations[0], values: [0, 0, 0, 0] }, { ...foreignActivations[0], values: [1] }, { ...foreignActivations[0], tokens: [1, 2, 3, 4] }, { ...foreignActivations[0], tokens: ['x'.repeat(2000)], values: [1] }],
      'explanations/batch-0.jsonl': [...foreignExplanations, { ...foreignExplanations[0], description: '' }, { ...foreignExplanations[0], index: '99' }],
    });
    const { facts } = await imported(root);
    assert.deepEqual(facts['skipped'], { features: 6, activations: 5, explanations: 2 });
    const problems = facts['problems'] as string[];
    for (const wanted of [/batch-0\.jsonl:2: field index: feature 7 is there twice/, /features.*:4: field frac_nonzero/, /features.*:5: it is no JSON/, /:7: field pos_values/, /activations.*:3: field index: there is no feature 5/, /activations.*:6: field tokens/]) {
      assert.ok(problems.some((problem) => wanted.test(problem)), `${wanted}\n${problems.join('\n')}`);
    }
  });
});

describe('files that mean harm', () => {
  const refused = async (root: string, kind: string, message: RegExp): Promise<void> => {
    const out = join(folder, `refused-${number++}.loupe`);
    await assert.rejects(importNeuronpedia({ from: 'neuronpedia', paths: [root], out }, quiet), { kind, message });
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('refused-')), []);
  };

  test('a burst of zeros in a small file is not unpacked', async () => {
    const root = tree({ 'activations/batch-0.jsonl': foreignActivations });
    writeFileSync(join(root, 'activations', 'batch-1.jsonl.gz'), gzipSync(Buffer.alloc(20 << 20)));
    await refused(root, 'bad-file', /batch-1\.jsonl\.gz:1: the line is longer/);
    writeFileSync(join(root, 'activations', 'batch-1.jsonl.gz'), gzipSync(Buffer.from(`${' '.repeat(65_535)}\n`.repeat(640))));
    await refused(root, 'bad-file', /unpacks to more than 300 times/);
  });

  test('a broken or cut archive, bytes that are no text, and folders without rows are refused by name', async () => {
    const root = tree({ 'features/batch-0.jsonl': [foreignFeature] });
    const bad = join(root, 'features', 'batch-1.jsonl.gz');
    writeFileSync(bad, gzipSync(JSON.stringify(foreignFeature).repeat(100)).subarray(0, 200));
    await refused(root, 'bad-file', /batch-1\.jsonl\.gz: it is broken or cut off/);
    writeFileSync(bad, 'no gzip');
    await refused(root, 'bad-file', /batch-1\.jsonl\.gz: it is broken/);
    writeFileSync(bad, gzipSync(Buffer.from([0xff, 0xfe, 10])));
    await refused(root, 'bad-file', /batch-1\.jsonl\.gz:1: the line is no UTF-8/);
    await refused(tree({ 'notes.jsonl': [{ a: 1 }] }), 'bad-file', /no features and no activations/);
    await refused(join(folder, 'nowhere'), 'not-found', /does not exist/);
    await refused(tree({ 'features/batch-0.jsonl': ['{}'] }), 'bad-file', /could be taken in: .*batch-0\.jsonl:1: field index/);
  });

  test('names of a prototype are no fields', async () => {
    const { facts } = await imported(tree({ 'features/batch-0.jsonl': [foreignFeature, '{"__proto__":{"index":1},"constructor":1}'] }));
    assert.deepEqual(facts['skipped'], { features: 1, activations: 0, explanations: 0 });
  });
});

test('as a job it runs in a thread; stopped, it leaves nothing', async () => {
  const root = tree(foreign);
  const out = join(folder, 'job.loupe');
  const result = await importCatalog({ from: 'neuronpedia', paths: [root], out }, { signal: new AbortController().signal, progress: () => {} });
  assert.deepEqual([result['features'], result['examples']], [1, 2]);
  const stopped = join(folder, 'stopped.loupe');
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(importCatalog({ from: 'neuronpedia', paths: [root], out: stopped }, { signal: controller.signal, progress: () => {} }), { kind: 'cancelled' });
  assert.ok(!existsSync(stopped) && !readdirSync(folder).some((name) => name.startsWith('stopped')));
  await assert.rejects(importCatalog({ from: 'other', paths: [root], out: stopped }, { signal: new AbortController().signal, progress: () => {} }), { kind: 'bad-config', message: /from/ });
});
