import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addGuesses, labelTargets, rangeOf, scoreSummary } from '../../../../src/main/catalog/guess-rows.ts';
import type { GuessedBatch } from '../../../../src/main/catalog/guessing.ts';
import { setLabel, undoLastLabel } from '../../../../src/main/catalog/labelling.ts';
import { feature } from '../../../../src/main/catalog/tables/features.ts';
import { labelHistory } from '../../../../src/main/catalog/tables/labels.ts';
import { featureScores } from '../../../../src/main/catalog/tables/scores.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const score = (value: number) => ({
  scorer: 'detection', negatives: 'random', value, low: 0.5, high: 0.9, n: 70, mayFire: 0.1,
  details: { truePositives: 1, falseNegatives: 0, trueNegatives: 1, falsePositives: 0, precision: 1, recall: 1, f1: 1, auroc: null, recallByInterval: [1, null, null, null, null] },
}) as const;
const batch = (text: string, value: number, promptHash = 'p'): GuessedBatch => ({
  guesses: [0, 1].map((index) => ({ index, text, family: 'token', scores: [score(value)] })), tooRare: 0, unexplained: 0, judge: 'rule/1', promptHash, floor: [],
});
const add = (db: ReturnType<typeof smallCatalog>, guesses: GuessedBatch): number => addGuesses(db, { source: 1, labeller: 'rule', batch: guesses });

test('a newer run of a rule replaces an older one through the history; the same run again adds nothing', () => {
  const db = smallCatalog();
  assert.equal(add(db, batch('reds', 0.7)), 2);
  assert.equal(add(db, batch('reds', 0.7)), 0, 'killed after its transaction and run again');
  assert.equal(add(db, batch('red things', 0.8, 'q')), 2);
  assert.deepEqual(labelHistory(db, 1, 0).map(({ text, kind, author }) => [text, kind, author]), [['red things', 'rule', 'rule explainer'], ['reds', 'rule', 'rule explainer']]);
  assert.deepEqual({ ...db.get('SELECT label, label_kind, family, score FROM features WHERE idx = 0')! }, { label: 'red things', label_kind: 'rule', family: 'token', score: 0.8 });
  undoLastLabel(db, { source: 1, index: 0 });
  assert.equal(db.get('SELECT score FROM features WHERE idx = 0')!['score'], 0.7, 'the older label has its own score');
  db.close();
});

test('what a person or a model labelled is left alone', () => {
  const db = smallCatalog();
  setLabel(db, { source: 1, index: 0, text: 'mine', author: 'Ada', kind: 'manual', confidence: 4, notes: '' });
  assert.equal(add(db, batch('reds', 0.7)), 1);
  assert.equal(feature(db, 1, 0)!.label, 'mine');
  assert.equal(labelHistory(db, 1, 0).length, 1);
  assert.equal(featureScores(db, 1, 1)[0]!.value, 0.7);
  setLabel(db, { source: 1, index: 1, text: 'a model says', author: 'm', kind: 'model', confidence: null, notes: '' });
  assert.equal(add(db, batch('reds', 0.7, 'q')), 0);
  assert.deepEqual([...labelTargets(db, { source: 1, features: null })], [], 'the dead one is no target either');
  db.close();
});

test('targets fire, are in the range and pass the filter', () => {
  const db = smallCatalog();
  const targets = (features: string | null, filter?: object): number[] => [...labelTargets(db, { source: 1, features, filter })];
  assert.deepEqual([targets(null), targets('1'), targets('0-1'), targets(null, { maxMin: 2 })], [[0, 1], [1], [0, 1], [0]]);
  for (const wrong of ['2-1', '0-3']) assert.throws(() => rangeOf(wrong, 3), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-config');
  db.close();
});

test('the summary is over machine labels that have a score', () => {
  const db = smallCatalog();
  assert.deepEqual(scoreSummary(db, { source: 1 }), { n: 0, median: null, quartiles: null });
  add(db, batch('reds', 0.7));
  assert.deepEqual(scoreSummary(db, { source: 1 }), { n: 2, median: 0.7, quartiles: [0.7, 0.7] });
  db.close();
});
