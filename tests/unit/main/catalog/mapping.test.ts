import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMap, featureClasses, neighbourGraph, readMap } from '../../../../src/main/catalog/mapping.ts';
import { setLabel } from '../../../../src/main/catalog/labelling.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const map = (points: number[]) => ({ source: 1, kind: 'umap', options: '{}', points: Float32Array.from(points), createdAt: '2026-01-01T00:00:00.000Z' });

test('a map replaces the one of its kind, and has one point a feature', () => {
  const db = smallCatalog();
  assert.equal(readMap(db, { source: 1, kind: 'umap' }), null);
  addMap(db, map([0, 0, 1, 1, 2, 2]));
  addMap(db, map([5, 0, 1, 1, 2, 2]));
  assert.deepEqual([...readMap(db, { source: 1, kind: 'umap' })!.points], [5, 0, 1, 1, 2, 2]);
  assert.throws(() => addMap(db, map([1, 2])), { kind: 'mismatch', message: /1 points for 3 features/ });
  assert.throws(() => addMap(db, { ...map([]), source: 4 }), { kind: 'not-found' });
  db.run('UPDATE maps SET points = ?', new Uint8Array(8));
  assert.throws(() => readMap(db, { source: 1, kind: 'umap' }), { kind: 'bad-file', message: /1 points for 3 features/ });
  db.close();
});

test('stored neighbours serve where every feature has as many', () => {
  const db = smallCatalog();
  const whole = new Uint8Array(16);
  const pairs = new DataView(whole.buffer);
  pairs.setInt32(0, 1, true);
  pairs.setInt32(4, 2, true);
  pairs.setFloat32(8, 0.5, true);
  pairs.setFloat32(12, 0.25, true);
  db.run('UPDATE feature_details SET neighbours = ?', whole);
  const { k, ids, cosines } = neighbourGraph(db, { source: 1 });
  assert.deepEqual([k, [...ids], [...cosines]], [2, [1, 2, 1, 2, 1, 2], [0.5, 0.25, 0.5, 0.25, 0.5, 0.25]]);
  db.run('UPDATE feature_details SET neighbours = ? WHERE idx = 2', new Uint8Array(0));
  assert.throws(() => neighbourGraph(db, { source: 1 }), { kind: 'not-found', message: /neighbours of each feature/ });
  db.close();
});

test('classes are named by size; a feature without one has -1; scores are in fifths', () => {
  const db = smallCatalog();
  setLabel(db, { source: 1, index: 1, text: 'x', author: '', kind: 'manual', confidence: null, notes: '' });
  assert.deepEqual(featureClasses(db, { source: 1, by: 'labelled' }), { names: ['unlabelled', 'labelled'], classes: Int32Array.of(0, 1, 0) });
  db.run("UPDATE features SET token_class = 'number' WHERE idx = 2");
  assert.deepEqual(featureClasses(db, { source: 1, by: 'tokenClass' }), { names: ['number'], classes: Int32Array.of(-1, -1, 0) });
  db.run('UPDATE features SET score = 0.79 WHERE idx = 0');
  db.run('UPDATE features SET score = 1 WHERE idx = 1');
  assert.deepEqual(featureClasses(db, { source: 1, by: 'score' }), { names: ['0.6 and more', '0.8 and more'], classes: Int32Array.of(0, 1, -1) });
  db.close();
});
