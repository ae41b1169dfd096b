import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel, undoLastLabel } from '../../../../src/main/catalog/labelling.ts';
import { addDirections, meaningEncoders, meaningStates, nearestMeanings, staleTexts } from '../../../../src/main/catalog/meaning.ts';
import type { FeatureText } from '../../../../src/main/catalog/meaning.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const encoder = { name: 'toy', hash: 'h', dim: 2 };
const label = (db: ReturnType<typeof smallCatalog>, index: number, text: string): void => void setLabel(db, { source: 1, index, text, author: '', kind: 'manual', confidence: null, notes: '' });
const stale = (db: ReturnType<typeof smallCatalog>): readonly FeatureText[] => staleTexts(db, { source: 1, encoder: 'h', after: -1, limit: 10 }).texts;
const embed = (db: ReturnType<typeof smallCatalog>): void => {
  const texts = stale(db);
  addDirections(db, { source: 1, encoder, texts, vectors: Float32Array.from(texts.flatMap(({ kind, index }) => (kind === 'none' ? [0, 0] : [Math.cos(index), Math.sin(index)]))) });
};

test('the text of a feature is its label, else words of its examples; one without either is none', () => {
  const db = smallCatalog();
  label(db, 1, 'names of rivers');
  const [first, second, third] = stale(db);
  assert.deepEqual([first!.kind, second, third], ['examples', { index: 1, kind: 'label', text: 'names of rivers' }, { index: 2, kind: 'none', text: '' }]);
  assert.ok(first!.text.length > 0 && !first!.text.includes('  '));
  db.close();
});

test('only what changed is asked for again: a new label, a changed one, one taken back', () => {
  const db = smallCatalog();
  label(db, 1, 'rivers');
  embed(db);
  assert.deepEqual(stale(db), []);
  assert.deepEqual(meaningEncoders(db, { source: 1 }), ['h']);
  assert.deepEqual(meaningEncoders(db, { source: 2 }), []);
  assert.deepEqual(meaningStates(db, { source: 1 }), [{ name: 'toy', hash: 'h', embedded: 3, labels: 1, stale: 0 }]);
  label(db, 0, 'new');
  label(db, 1, 'lakes');
  assert.deepEqual(stale(db).map(({ index, text }) => [index, text]), [[0, 'new'], [1, 'lakes']]);
  assert.equal(meaningStates(db, { source: 1 })[0]!.stale, 2);
  embed(db);
  undoLastLabel(db, { source: 1, index: 0 });
  assert.deepEqual(stale(db).map(({ index, kind }) => [index, kind]), [[0, 'examples']]);
  db.close();
});

test('pages go on where the last one ended', () => {
  const db = smallCatalog();
  const page = staleTexts(db, { source: 1, encoder: 'h', after: -1, limit: 2 });
  assert.deepEqual([page.texts.map(({ index }) => index), page.next], [[0, 1], 1]);
  const rest = staleTexts(db, { source: 1, encoder: 'h', after: page.next!, limit: 2 });
  assert.deepEqual([rest.texts.map(({ index }) => index), rest.next], [[2], null]);
  db.close();
});

test('the nearest in meaning carry their label, or words of their examples', () => {
  const db = smallCatalog();
  label(db, 1, 'rivers');
  embed(db);
  const hits = nearestMeanings(db, { source: 1, encoder: 'h', query: Float32Array.of(Math.cos(1), Math.sin(1)), limit: 5 });
  assert.deepEqual(hits.map(({ feature, label: name, words }) => [feature, name, words !== '']), [[1, 'rivers', false], [0, null, true]]);
  assert.ok(Math.abs(hits[1]!.cosine - Math.cos(1)) < 0.01);
  db.close();
});

test('a source without directions, a strange encoder and vectors that do not fit are refused', () => {
  const db = smallCatalog();
  const query = Float32Array.of(1, 0);
  assert.throws(() => nearestMeanings(db, { source: 1, encoder: 'h', query, limit: 5 }), { kind: 'not-found', message: /Embed its texts first/ });
  assert.throws(() => staleTexts(db, { source: 9, encoder: 'h', after: -1, limit: 5 }), { kind: 'not-found' });
  embed(db);
  const texts = [{ index: 0, kind: 'examples', text: 'x' }] as const;
  assert.throws(() => addDirections(db, { source: 1, encoder: { ...encoder, dim: 3 }, texts, vectors: new Float32Array(3) }), { kind: 'mismatch' });
  assert.throws(() => addDirections(db, { source: 1, encoder, texts, vectors: new Float32Array(3) }), { kind: 'defect' });
  db.close();
});
