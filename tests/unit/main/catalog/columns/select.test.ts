import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchOf, selectFeatures } from '../../../../../src/main/catalog/columns/select.ts';
import { columnsOf } from '../../../../../src/main/catalog/columns/source-columns.ts';
import { packSource } from '../../../../../src/main/catalog/columns/packed.ts';
import type { WriteHandle } from '../../../../../src/main/catalog/handle.ts';
import { setLabel } from '../../../../../src/main/catalog/labelling.ts';
import { source } from '../../../../../src/main/catalog/tables/sources.ts';
import type { FeatureQuery } from '../../../../../src/shared/schema/feature-query.ts';
import { vector } from '../../../../../src/shared/schema/tensor.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const all: FeatureQuery = { source: 1, sort: 'index', descending: false, filter: {}, search: null };

function selected(db: WriteHandle, changes: Partial<FeatureQuery>): number[] {
  return [...selectFeatures(db, columnsOf(db, source(db, 1)!), { ...all, ...changes })];
}

/** Feature 0 is unlabelled, 1 "colours" by Ada with notes, 2 "Blue things" by a rule. Packed, or to be read from rows. */
function labelled(packed: boolean): WriteHandle {
  const db = smallCatalog();
  setLabel(db, { source: 1, index: 1, text: 'colours', author: 'Ada', kind: 'manual', confidence: 4, notes: 'warm ones' });
  setLabel(db, { source: 1, index: 2, text: 'Blue things', author: 'rules', kind: 'rule', confidence: null, notes: '' });
  if (packed) packSource(db, source(db, 1)!);
  return db;
}

for (const packed of [true, false]) {
  const how = packed ? 'from packed columns' : 'from rows';

  test(`sorts by each column, features without a value last (${how})`, () => {
    const db = labelled(packed);
    assert.deepEqual(selected(db, { sort: 'density', descending: true }), [0, 1, 2]);
    assert.deepEqual(selected(db, { sort: 'max' }), [2, 1, 0]);
    assert.deepEqual(selected(db, { sort: 'index', descending: true }), [2, 1, 0]);
    assert.deepEqual(selected(db, { sort: 'label' }), [2, 1, 0]);
    assert.deepEqual(selected(db, { sort: 'label', descending: true }), [1, 2, 0]);
    assert.deepEqual(selected(db, { sort: 'confidence', descending: true }), [1, 0, 2]);
    assert.deepEqual(selected(db, { sort: 'dead', descending: true }), [2, 1, 0]);
    assert.deepEqual(selected(db, { sort: 'family' }), [0, 1, 2]);
    db.close();
  });

  test(`filters combine (${how})`, () => {
    const db = labelled(packed);
    assert.deepEqual(selected(db, { filter: { maxMin: 1 } }), [0, 1]);
    assert.deepEqual(selected(db, { filter: { maxMin: 1, maxMax: 1 } }), [1]);
    assert.deepEqual(selected(db, { filter: { labelled: false } }), [0]);
    assert.deepEqual(selected(db, { filter: { dead: true, labelKind: 'rule' } }), [2]);
    assert.deepEqual(selected(db, { filter: { author: 'Ada' } }), [1]);
    assert.deepEqual(selected(db, { filter: { confidenceMin: 1 } }), [1]);
    assert.deepEqual(selected(db, { filter: { indexMin: 1, indexMax: 1 } }), [1]);
    assert.deepEqual(selected(db, { filter: { family: 'nothing of the kind' } }), []);
    assert.deepEqual(selected(db, { filter: { list: 7 } }), []);
    db.close();
  });

  test(`a search finds labels and examples; by relevance labels come first (${how})`, () => {
    const db = labelled(packed);
    // "blue" stands in the label of 2 and in context 2, where 0 and 1 have examples.
    assert.deepEqual(selected(db, { search: 'blue' }), [0, 1, 2]);
    assert.deepEqual(selected(db, { search: 'blue', sort: 'relevance' }), [2, 0, 1]);
    assert.deepEqual(selected(db, { search: 'blue', filter: { dead: false } }), [0, 1]);
    assert.deepEqual(selected(db, { search: 'colo' }), [1]);
    assert.deepEqual(selected(db, { search: 'mauve' }), []);
    assert.deepEqual(selected(db, { search: '?!' }), [0, 1, 2]);
    db.close();
  });
}

test('a set of features is one more filter, and by relevance its own order', () => {
  const db = labelled(true);
  const only = vector(Int32Array.of(2, 0, 2, 99, -1));
  assert.deepEqual(selected(db, { only }), [0, 2]);
  assert.deepEqual(selected(db, { only, sort: 'relevance' }), [2, 0]);
  assert.deepEqual(selected(db, { only: vector(new Int32Array(0)) }), []);
  db.close();
});

test('a label that is set or changed shows in orders and filters at once', () => {
  const db = labelled(true);
  assert.deepEqual(selected(db, { sort: 'label' }), [2, 1, 0]);
  assert.deepEqual(selected(db, { filter: { author: 'Ada' } }), [1]);
  setLabel(db, { source: 1, index: 0, text: 'a first', author: 'Ada', kind: 'manual', confidence: 1, notes: '' });
  assert.deepEqual(selected(db, { sort: 'label' }), [0, 2, 1]);
  assert.deepEqual(selected(db, { filter: { author: 'Ada' } }), [0, 1]);
  assert.deepEqual(selected(db, { search: 'first' }), [0]);
  db.close();
});

test('the last word of a label may be a beginning, a word of an example not; without words nothing is asked', () => {
  assert.deepEqual(matchOf('hot dog'), { labels: '"hot" AND "dog"*', contexts: '"hot" AND "dog"' });
  assert.equal(matchOf(' ?'), null);
  assert.equal(matchOf(null), null);
});
