import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test, after } from 'node:test';
import { generateCatalog } from '../../../../../../bench/generate-catalog.ts';
import { setLabel, undoLastLabel } from '../../../../../../src/main/catalog/labelling.ts';
import { openCatalogReader, openCatalogWriter } from '../../../../../../src/main/catalog/opening.ts';
import type { ReadHandle } from '../../../../../../src/main/catalog/handle.ts';
import { featurePageOf, features, labels, search } from '../../../../../../src/main/catalog/reading.ts';
import { addComment, featureComments } from '../../../../../../src/main/catalog/tables/comments.ts';
import { addEncoder, encoders, putEmbedding } from '../../../../../../src/main/catalog/tables/embeddings.ts';
import { addItem, addList, allLists, listItems } from '../../../../../../src/main/catalog/tables/lists.ts';
import { featureReviews, setReview } from '../../../../../../src/main/catalog/tables/reviews.ts';
import { addScore } from '../../../../../../src/main/catalog/tables/scores.ts';
import { sources } from '../../../../../../src/main/catalog/tables/sources.ts';
import { verify } from '../../../../../../src/main/catalog/verify.ts';
import { dumpCatalog } from '../../../../../support/dump-catalog.ts';
import { exportTo } from '../../../../../support/share.ts';
import { temporaryFolder } from '../../../../../support/temporary.ts';

const clean: (() => void)[] = [];
const folder = temporaryFolder({ after: (end) => clean.push(end) });
after(() => clean.forEach((end) => end()));
const from = join(folder, 'from.loupe');
let number = 0;

function exported(options: Record<string, unknown>): { path: string; facts: Record<string, unknown>; db: ReadHandle } {
  const path = join(folder, `${number++}.loupe`);
  const facts = exportTo(from, 'loupe', path, options);
  const db = openCatalogReader(path);
  clean.push(() => db.close());
  return { path, facts, db };
}

before(() => {
  generateCatalog(from, { features: 60, contexts: 40, contextLength: 64, vocabulary: 400 });
  const db = openCatalogWriter(from);
  const label = (index: number, text: string, notes = ''): void => { setLabel(db, { source: 1, index, text, author: 'Ada Lovelace', kind: 'manual', confidence: 4, notes }); };
  label(7, 'kept', 'a secret note');
  label(7, 'undone');
  undoLastLabel(db, { source: 1, index: 7 });
  setLabel(db, { source: 1, index: 8, text: 'by rule', author: 'rule', kind: 'rule', confidence: null, notes: 'quotes an example' });
  db.close();
});

describe('a whole catalog', () => {
  test('comes out with the same rows, under an identity of its own', () => {
    const { path, facts } = exported({});
    const [a, b] = [dumpCatalog(from), dumpCatalog(path)];
    for (const table of ['models', 'vocabulary', 'stores', 'contexts', 'sources', 'feature_details', 'examples']) assert.deepEqual(b[table], a[table], table);
    // Labels lie by feature in the copy; their uids know them again.
    const withoutIds = (rows: string[]): string[] => rows.map((row) => JSON.stringify((JSON.parse(row) as [string, unknown][]).filter(([name]) => name !== 'id' && name !== 'label_id'))).toSorted();
    for (const table of ['labels', 'features']) assert.deepEqual(withoutIds(b[table]!), withoutIds(a[table]!), table);
    assert.equal(facts['features'], 60);
    assert.ok(verify(path).ok);
  });
});

describe('a selection', () => {
  test('keeps indices, and only the contexts and tokens that are used; it is complete, verified and says what it is', () => {
    const { path, db, facts } = exported({ selection: { indices: '5-8, 20' }, examples: 3 });
    assert.deepEqual(verify(path).problems, []);
    assert.equal(verify(path).complete, true);
    const [source] = sources(db);
    assert.deepEqual([source!.features, source!.complete], [60, true]);
    const { selection } = JSON.parse(source!.provenance) as { selection: Record<string, unknown> };
    assert.deepEqual([selection['features'], selection['of']], [5, 60]);
    const page = features(db, { source: 1, sort: 'index', descending: false, filter: {}, search: null, offset: 0, limit: 100 });
    assert.deepEqual(page.rows.map((row) => row.index), [5, 6, 7, 8, 20]);
    const [mine, theirs] = [dumpCatalog(path), dumpCatalog(from)];
    assert.ok(mine['contexts']!.length < theirs['contexts']!.length && mine['vocabulary']!.length < theirs['vocabulary']!.length);
    assert.equal(facts['examples'], mine['examples']!.length);
    assert.throws(() => featurePageOf(db, { source: 1, index: 9 }), /this file holds a selection without it/);
  });

  test('examples are those of the original, tokens and all', () => {
    const { db } = exported({ selection: { indices: '7' } });
    const original = openCatalogReader(from);
    const [mine, theirs] = [db, original].map((handle) => featurePageOf(handle, { source: 1, index: 7 }).groups.map((group) => group.examples.map(({ tokens, activations, peak }) => ({ tokens, activations, peak }))));
    original.close();
    assert.deepEqual(mine, theirs);
  });

  test('labels keep their history, and the text indexes are made anew', () => {
    const { db } = exported({ selection: { indices: '7' } });
    assert.deepEqual(labels(db, { source: 1, index: 7 }).history.slice(0, 2).map(({ text, current }) => [text, current]), [['undone', false], ['kept', true]]);
    assert.equal(search(db, { source: 1, text: 'kept', in: 'labels', limit: 5 }).hits.length, 1);
    assert.equal(search(db, { source: 1, text: 'undone', in: 'labels', limit: 5 }).hits.length, 0);
  });

  test('is made of conditions that hold together', () => {
    const { db } = exported({ selection: { indices: '0-30', labelled: true, filter: { dead: false } } });
    const page = features(db, { source: 1, sort: 'index', descending: false, filter: {}, search: null, offset: 0, limit: 100 });
    assert.ok(page.total > 0 && page.rows.every((row) => row.index <= 30 && row.label !== null && row.density > 0));
  });

  test('can be exported again', () => {
    const { path } = exported({ selection: { indices: '5-30' } });
    const again = join(folder, 'again.loupe');
    assert.equal(exportTo(path, 'loupe', again, { selection: { indices: '20-50' } })['features'], 11);
    assert.deepEqual(verify(again).problems, []);
  });
});

describe('what people made beside labels', () => {
  const made = join(folder, 'made.loupe');
  before(() => {
    exportTo(from, 'loupe', made);
    const db = openCatalogWriter(made);
    const label = setLabel(db, { source: 1, index: 7, text: 'scored', author: 'Ada Lovelace', kind: 'manual', confidence: 4, notes: '' }).label.id;
    addScore(db, { uid: 's1', label, scorer: 'detection', value: 0.75, low: null, high: null, n: 20, negatives: 'random', judge: 'rule', promptHash: '', createdAt: '2026', details: '{"window":"quoted words"}' });
    setReview(db, { source: 1, feature: 9, author: 'Ada Lovelace', state: 'unsure', createdAt: '2026' });
    addComment(db, { uid: 'c1', source: 1, feature: 9, text: 'a remark', author: 'Ada Lovelace', createdAt: '2026', deletedAt: null });
    const lists = ['kept', 'empty here', 'removed'].map((name, i) => addList(db, { uid: `l${i}`, name, notes: 'list notes', author: 'Ada Lovelace', createdAt: '2026', deletedAt: i === 2 ? '2026' : null }));
    const item = (list: number, feature: number): void => void addItem(db, { list, source: 1, feature, place: feature, note: 'item note', author: 'Ada Lovelace', createdAt: '2026' });
    item(lists[0]!, 9);
    item(lists[0]!, 30);
    item(lists[1]!, 30);
    item(lists[2]!, 9);
    const encoder = addEncoder(db, { name: 'e', hash: 'e', dim: 2, revision: 0 });
    putEmbedding(db, encoder, 1, { feature: 9, kind: 'examples', text: '', vector: new Uint8Array([...new Uint8Array(Float32Array.of(1 / 127).buffer), 127, 0]) });
    db.close();
  });
  const part = (options: Record<string, unknown>): ReadHandle => {
    const path = join(folder, `${number++}.loupe`);
    exportTo(made, 'loupe', path, options);
    assert.deepEqual(verify(path).problems, []);
    const db = openCatalogReader(path);
    clean.push(() => db.close());
    return db;
  };

  test('comes with the features that it is about', () => {
    const db = part({ selection: { indices: '5-9' } });
    const page = features(db, { source: 1, sort: 'index', descending: false, filter: {}, search: null, offset: 0, limit: 10 });
    assert.equal(page.rows.find((row) => row.index === 7)!.score, 0.75);
    assert.deepEqual(allLists(db).map(({ name }) => name), ['kept']);
    assert.deepEqual(listItems(db, allLists(db)[0]!.id).map(({ feature, note }) => [feature, note]), [[9, 'item note']]);
    assert.deepEqual(featureComments(db, 1, 9).map(({ text }) => text), ['a remark']);
    assert.deepEqual(featureReviews(db, 1, 9).map(({ state }) => state), ['unsure']);
    assert.deepEqual(encoders(db), []);
  });

  test('a list can be chosen by its name', () => {
    const db = part({ selection: { list: 'kept' } });
    assert.deepEqual(features(db, { source: 1, sort: 'index', descending: false, filter: {}, search: null, offset: 0, limit: 10 }).rows.map((row) => row.index), [9, 30]);
  });

  test('directions of texts come with a whole source, and never with one whose text is hidden', () => {
    assert.equal(encoders(part({})).length, 1);
    assert.equal(encoders(part({ redaction: { text: 'around' } })).length, 0);
  });

  test('goes without people, and details of scores without text', () => {
    const db = part({ redaction: { people: true, text: 'classes' } });
    const bytes = readFileSync(db.path).toString('latin1');
    for (const word of ['Ada Lovelace', 'a remark', 'list notes', 'item note', 'quoted words']) assert.ok(!bytes.includes(word), word);
    assert.deepEqual(allLists(db).map(({ name, author }) => [name, author]), [['kept', ''], ['empty here', '']]);
  });
});

describe('redaction', () => {
  /** Words of the corpus that only examples hold: longer than any that comes up by chance. */
  function words(): string[] {
    const db = openCatalogReader(from);
    const { groups } = featurePageOf(db, { source: 1, index: 7 });
    db.close();
    return groups.flatMap((group) => group.examples).flatMap((example) => example.tokens).map((token) => token.trim()).filter((token) => /^\p{L}{8,}$/u.test(token));
  }

  /** What stays: the tokens that features raise or lower, which are facts of the model, and labels. */
  function keptText(db: ReadHandle): string {
    return [5, 6, 7, 8].flatMap((index) => {
      const page = featurePageOf(db, { source: 1, index });
      return [...[...page.topLogits, ...page.bottomLogits].map((row) => row.token), page.label?.text ?? ''];
    }).join(' ');
  }

  test('classes of tokens: no word of an example is anywhere in the bytes, the pages of the text index included', () => {
    const { path, db } = exported({ selection: { indices: '5-8' }, redaction: { text: 'classes' } });
    const bytes = readFileSync(path).toString('latin1').toLowerCase();
    const kept = keptText(db);
    const secret = words().filter((word) => !kept.includes(word));
    assert.ok(secret.length > 20);
    for (const word of secret) assert.ok(!bytes.includes(word.toLowerCase()), word);
    assert.deepEqual(verify(path).problems, []);
    assert.ok(featurePageOf(db, { source: 1, index: 7 }).groups[0]!.examples[0]!.tokens.every((token) => /‹word›|<\|end\|>/.test(token)));
    assert.ok(search(db, { source: 1, text: 'word', in: 'contexts', limit: 5 }).hits.length > 0);
  });

  test('around the peak: n tokens on each side stay, the rest is hidden', () => {
    const { path, db } = exported({ selection: { indices: '7' }, redaction: { text: 'around', around: 2 }, examples: 1 });
    const example = featurePageOf(db, { source: 1, index: 7 }).groups[0]!.examples[0]!;
    const original = openCatalogReader(from);
    const whole = featurePageOf(original, { source: 1, index: 7 }).groups[0]!.examples[0]!;
    original.close();
    example.tokens.forEach((token, i) => {
      const near = Math.abs(i + example.start - example.peak) <= 2 || example.special.includes(i);
      assert.equal(token, near ? whole.tokens[i] : '‹…›');
    });
    assert.deepEqual(example.activations, whole.activations);
    assert.deepEqual(verify(path).problems, []);
  });

  test('without examples there is no context at all; figures and labels stay', () => {
    const { path, db, facts } = exported({ selection: { indices: '5-8' }, redaction: { text: 'examples' } });
    assert.deepEqual([facts['contexts'], facts['examples']], [0, 0]);
    assert.deepEqual(verify(path).problems, []);
    assert.equal(featurePageOf(db, { source: 1, index: 7 }).label?.text, 'kept');
  });

  test('people: names, notes and paths are gone from the bytes', () => {
    const { path, db } = exported({ redaction: { people: true } });
    const bytes = readFileSync(path).toString('latin1');
    for (const word of ['Ada Lovelace', 'secret note', 'quotes an example']) assert.ok(!bytes.includes(word), word);
    assert.equal(featurePageOf(db, { source: 1, index: 7 }).label?.author, '');
  });

  test('hidden text takes the notes of rules with it, which may quote it; those of people stay', () => {
    const { db } = exported({ redaction: { text: 'classes' } });
    assert.equal(featurePageOf(db, { source: 1, index: 8 }).label?.notes, '');
    assert.equal(featurePageOf(db, { source: 1, index: 7 }).label?.notes, 'a secret note');
  });
});
