import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel, setReviewState } from '../../../../../src/main/catalog/labelling.ts';
import { addItem, addList } from '../../../../../src/main/catalog/tables/lists.ts';
import { allFeatures, listedFeatures, machineLabelled, machineScores, notLabelledBy, reviewedFeatures, unlabelledFeatures } from '../../../../../src/main/catalog/tables/queue.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const label = (index: number, author: string, kind: 'manual' | 'rule') => ({ source: 1, index, text: 'reds', author, kind, confidence: null, notes: '' });

test('the unlabelled have no label by a person; dead features and those set aside are left out', () => {
  const db = smallCatalog();
  assert.deepEqual([unlabelledFeatures(db, 1, 'Ada', false), unlabelledFeatures(db, 1, 'Ada', true), allFeatures(db, 1, false), allFeatures(db, 1, true)], [[0, 1], [0, 1, 2], [0, 1], [0, 1, 2]]);
  setLabel(db, label(0, 'rule', 'rule'));
  assert.deepEqual(unlabelledFeatures(db, 1, 'Ada', false), [0, 1]);
  setLabel(db, label(0, 'Bo', 'manual'));
  assert.deepEqual([unlabelledFeatures(db, 1, 'Ada', false), notLabelledBy(db, 1, 'Ada', false), notLabelledBy(db, 1, 'Bo', false)], [[1], [0, 1], [1]]);
  setReviewState(db, { source: 1, index: 1, author: 'Ada', state: 'skipped' });
  assert.deepEqual([unlabelledFeatures(db, 1, 'Ada', false), unlabelledFeatures(db, 1, 'Bo', false), reviewedFeatures(db, 1, 'Ada', 'skipped'), reviewedFeatures(db, 1, 'Ada', 'unsure')], [[], [1], [1], []]);
  db.close();
});

test('machine labels come with the worst first, those without a score before all; lists in their own order', () => {
  const db = smallCatalog();
  for (const index of [0, 1, 2]) setLabel(db, label(index, 'rule', 'rule'));
  db.exec('UPDATE features SET score = 0.9 WHERE idx = 0');
  db.exec('UPDATE features SET score = 0.6 WHERE idx = 1');
  assert.deepEqual([machineLabelled(db, 1, 1), machineLabelled(db, 1, 0.7)], [[2, 1, 0], [2, 1]]);
  const list = addList(db, { uid: 'l', name: 'n', notes: '', author: '', createdAt: 't', deletedAt: null });
  for (const [feature, place] of [[2, 1], [0, 2]] as const) addItem(db, { list, source: 1, feature, place, note: '', author: '', createdAt: 't' });
  assert.deepEqual(listedFeatures(db, 1, list), [2, 0]);
  db.close();
});

test('machine scores rise, and leave out labels by people', () => {
  const db = smallCatalog();
  for (const index of [0, 1]) setLabel(db, label(index, 'rule', 'rule'));
  setLabel(db, label(2, 'Ada', 'manual'));
  db.exec('UPDATE features SET score = 0.9 - 0.2 * idx');
  assert.deepEqual(machineScores(db, 1), [0.7, 0.9]);
  db.close();
});
