import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel } from '../../../../src/main/catalog/labelling.ts';
import { source } from '../../../../src/main/catalog/tables/sources.ts';
import { setCurrentLabel } from '../../../../src/main/catalog/tables/features.ts';
import { addComment } from '../../../../src/main/catalog/tables/comments.ts';
import { addDirections } from '../../../../src/main/catalog/meaning.ts';
import { encoders } from '../../../../src/main/catalog/tables/embeddings.ts';
import { putMap } from '../../../../src/main/catalog/tables/maps.ts';
import { addScore } from '../../../../src/main/catalog/tables/scores.ts';
import { knownTokens, walkComments, walkContexts, walkDirections, walkFeatures, walkLabels, walkMaps, walkScores } from '../../../../src/main/catalog/walk.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

test('every row is visited once, and a sound one has no problem', () => {
  const db = smallCatalog();
  assert.deepEqual([...walkContexts(db)].map(({ row, problem }) => [row.id, problem]), [[1, null], [2, null]]);
  assert.deepEqual([...walkFeatures(db, source(db, 1)!)].map(({ record, examples, problem }) => [record.index, examples.length, problem]), [[0, 2, null], [1, 1, null], [2, 0, null]]);
  assert.deepEqual([...walkLabels(db)], []);
  const knows = knownTokens(db, 1);
  assert.deepEqual([knows(3), knows(4)], [true, false]);
  db.close();
});

test('a feature that shows another label than its history has is a problem', () => {
  const db = smallCatalog();
  setLabel(db, { source: 1, index: 1, text: 'true', author: '', kind: 'manual', confidence: null, notes: '' });
  setCurrentLabel(db, 1, 1, { id: 1, text: 'false', kind: 'manual', confidence: null, family: '', notes: '' }, null);
  assert.match([...walkFeatures(db, source(db, 1)!)][1]!.problem!, /another label/);
  db.close();
});

test('a copy that says another family, confidence or score than the label is a problem too', () => {
  const db = smallCatalog();
  const { label } = setLabel(db, { source: 1, index: 1, text: 'true', author: '', kind: 'manual', confidence: null, notes: '', family: 'topic' });
  const kept = { id: label.id, text: 'true', kind: 'manual', confidence: null, family: 'topic', notes: '' };
  const problem = (): string | null => [...walkFeatures(db, source(db, 1)!)][1]!.problem;
  assert.equal(problem(), null);
  for (const [change, score] of [[{ family: 'token' }, null], [{ confidence: 2 }, null], [{ notes: 'x' }, null], [{}, 0.5]] as const) {
    setCurrentLabel(db, 1, 1, { ...kept, ...change }, score);
    assert.match(problem()!, /another label/, JSON.stringify(change));
  }
  db.close();
});

test('scores and comments are walked; a score outside its interval is a problem', () => {
  const db = smallCatalog();
  const { label } = setLabel(db, { source: 1, index: 1, text: 'true', author: '', kind: 'rule', confidence: null, notes: '' });
  const score = { uid: 's1', label: label.id, scorer: 'detection', value: 0.7, low: 0.6, high: 0.8, n: 70, negatives: 'random', judge: 'rule', promptHash: '', createdAt: 't', details: '{}' };
  addScore(db, score);
  addScore(db, { ...score, uid: 's2', high: 0.65 });
  addComment(db, { uid: 'c1', source: 1, feature: 0, text: 'hm', author: 'Ada', createdAt: 't', deletedAt: null });
  assert.deepEqual([...walkScores(db)].map(({ problem }) => problem), [null, 'score 2 lies outside its interval']);
  assert.deepEqual([...walkComments(db)].map(({ text }) => text), ['hm']);
  db.close();
});

test('directions and maps are visited with what is wrong with them', () => {
  const db = smallCatalog();
  const vectors = Float32Array.of(1, 0, 3, 4);
  addDirections(db, { source: 1, encoder: { name: 'toy', hash: 'h', dim: 2 }, texts: [{ index: 0, kind: 'examples', text: '' }, { index: 1, kind: 'examples', text: '' }], vectors });
  const problems = [...walkDirections(db, encoders(db)[0]!, 1)].map(({ problem }) => problem);
  assert.equal(problems[0], null);
  assert.match(problems[1]!, /feature 1.*length 4\.995/);
  putMap(db, { source: 1, kind: 'umap', options: '{}', points: Float32Array.of(0, 0), createdAt: '' });
  assert.match([...walkMaps(db)][0]!.problem!, /1 points for 3 features/);
  db.close();
});
