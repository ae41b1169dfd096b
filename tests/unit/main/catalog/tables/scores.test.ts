import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel } from '../../../../../src/main/catalog/labelling.ts';
import { addScore, featureScores, labelScores, leadingScore, scoresAfter } from '../../../../../src/main/catalog/tables/scores.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const score = { uid: 's1', scorer: 'detection', value: 0.7, low: 0.6, high: 0.8, n: 70, negatives: 'random', judge: 'rule', promptHash: 'p', createdAt: 't', details: '{}' };

test('the newest detection over random windows leads; the others stay beside it', () => {
  const db = smallCatalog();
  const { label } = setLabel(db, { source: 1, index: 1, text: 'reds', author: '', kind: 'rule', confidence: null, notes: '' });
  assert.equal(leadingScore(db, label.id), null);
  addScore(db, { ...score, label: label.id });
  addScore(db, { ...score, uid: 's2', label: label.id, negatives: 'neighbours', value: 0.55, low: null, high: null });
  addScore(db, { ...score, uid: 's3', label: label.id, value: 0.75 });
  assert.equal(leadingScore(db, label.id), 0.75);
  // Newest by its time, in whichever order a merge has added them.
  addScore(db, { ...score, uid: 's0', label: label.id, value: 0.1, createdAt: 's' });
  assert.equal(leadingScore(db, label.id), 0.75);
  assert.deepEqual(labelScores(db, label.id).map(({ uid, low }) => [uid, low]), [['s1', 0.6], ['s2', null], ['s3', 0.6], ['s0', 0.6]]);
  assert.deepEqual(featureScores(db, 1, 1).map(({ uid }) => uid), ['s0', 's3', 's2', 's1']);
  assert.deepEqual(featureScores(db, 1, 0), []);
  assert.deepEqual(scoresAfter(db, 1, 1).map(({ uid }) => uid), ['s2']);
  db.close();
});
