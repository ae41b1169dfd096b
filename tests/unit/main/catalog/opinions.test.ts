import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel, setReviewState } from '../../../../src/main/catalog/labelling.ts';
import { difference, featureOpinions, labelAgreement, labelDisagreements, labelFamilies, labelProgress, labelQueue, secondsEach } from '../../../../src/main/catalog/opinions.ts';
import type { LabelRow } from '../../../../src/main/catalog/tables/labels.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

let id = 0;
const row = (author: string, text: string, more: Partial<LabelRow> = {}): LabelRow => ({
  id: ++id, uid: String(id), source: 1, feature: 0, text, author, kind: 'manual', confidence: null, notes: '', family: '', resolution: false, createdAt: 't', undoneAt: null, ...more,
});

test('only the newest label of each counts; case and spaces make no difference', () => {
  assert.equal(difference([row('Ada', 'red'), row('Bo', ' RED ')]), null);
  assert.equal(difference([row('Ada', 'blue'), row('Ada', 'red'), row('Bo', 'red')]), null);
  assert.deepEqual(difference([row('Ada', 'red'), row('Bo', 'blue', { family: 'topic', confidence: 3 })])!.differs, ['text', 'family', 'confidence']);
  assert.equal(difference([row('Ada', 'red')]), null);
});

test('a label that settles a disagreement makes an end of what is older; a later other opinion begins anew', () => {
  const apart = [row('Ada', 'red'), row('Bo', 'blue')];
  assert.deepEqual(difference(apart)!.labels.map(({ author }) => author), ['Ada', 'Bo']);
  const settled = [...apart, row('Ada', 'blue', { resolution: true })];
  assert.equal(difference(settled), null);
  assert.deepEqual(difference([...settled, row('Bo', 'green')])!.labels.map(({ text }) => text), ['blue', 'green']);
});

test('disagreements, agreement, queue and progress of a catalog say the same', () => {
  const db = smallCatalog();
  const label = (index: number, author: string, text: string, family = 'topic', resolution = false) =>
    setLabel(db, { source: 1, index, author, text, family, kind: 'manual', confidence: null, notes: '', resolution });
  label(0, 'Ada', 'red');
  label(0, 'Bo', 'blue');
  label(1, 'Ada', 'green');
  label(1, 'Bo', 'Green');
  setLabel(db, { source: 1, index: 2, author: 'rule', text: 'r', kind: 'rule', confidence: null, notes: '' });
  setReviewState(db, { source: 1, index: 2, author: 'Ada', state: 'unsure' });
  const page = { source: 1, offset: 0, limit: 10 };
  const { total, rows } = labelDisagreements(db, page);
  assert.deepEqual([total, rows[0]!.index, rows[0]!.labels.map(({ author, current }) => [author, current]), rows[0]!.differs], [1, 0, [['Ada', false], ['Bo', true]], ['text']]);
  assert.deepEqual([...labelQueue(db, { source: 1, author: 'Ada', filter: { kind: 'disagreement' } }).features.data], [0]);
  const [pair] = labelAgreement(db, { source: 1 }).pairs;
  assert.deepEqual([pair!.authors, pair!.both, pair!.sameText, pair!.n, pair!.kappa], [['Ada', 'Bo'], 2, 1, 2, null]);
  assert.match(pair!.note!, /one and the same family/);
  const progress = labelProgress(db, { source: 1, author: 'Ada' });
  assert.deepEqual([progress.features, progress.byPeople, progress.byMachines, progress.unsure, progress.skipped, progress.disagreements], [3, 2, 1, 1, 0, 1]);
  assert.deepEqual(progress.authors.map(({ author, labels, features }) => [author, labels, features]), [['Ada', 2, 0], ['Bo', 2, 2], ['rule', 1, 1]]);
  label(0, 'Ada', 'blue', 'topic', true);
  assert.equal(labelDisagreements(db, page).total, 0);
  assert.equal(labelAgreement(db, { source: 1 }).pairs[0]!.sameText, 1, 'a settled label is no independent one');
  assert.deepEqual(labelFamilies(db, { source: 1 }).families, ['topic']);
  assert.deepEqual(featureOpinions(db, { source: 1, index: 2 }), { scores: [], reviews: [{ author: 'Ada', state: 'unsure' }] });
  db.close();
});

test('a list without its number is a bad request', () => {
  const db = smallCatalog();
  assert.throws(() => labelQueue(db, { source: 1, author: '', filter: { kind: 'list' } }), /filter.list/);
  db.close();
});

test('time a label is the median gap; pauses over five minutes are left out', () => {
  const at = (...seconds: number[]): string[] => seconds.map((s) => new Date(1e12 + s * 1000).toISOString());
  // gaps 10, 20, 1000 (a pause), 30
  assert.equal(secondsEach(at(0, 10, 30, 1030, 1060)), 20);
  assert.equal(secondsEach(at(0, 10, 30)), 15);
  assert.equal(secondsEach(at(0)), null);
  assert.equal(secondsEach(['nonsense', ...at(5)]), null);
});
