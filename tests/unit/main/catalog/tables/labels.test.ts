import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLabel, currentLabel, indexLabel, label, labelHistory, labelsAfter, markUndone, standingLabels, unindexLabel, authorCounts, families, labelTimes } from '../../../../../src/main/catalog/tables/labels.ts';
import { rankedLabels } from '../../../../../src/main/catalog/tables/columns.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const row = { uid: 'u1', source: 1, feature: 0, text: 'warm colours', author: 'Ada', kind: 'manual', confidence: 3, notes: 'red mostly', family: '', resolution: false, createdAt: '2026-01-01T00:00:00Z', undoneAt: null } as const;

test('the newest that was not undone is current; all stay in the history', () => {
  const db = smallCatalog();
  const first = addLabel(db, row);
  const second = addLabel(db, { ...row, uid: 'u2', text: 'red' });
  assert.equal(currentLabel(db, 1, 0)!.id, second);
  markUndone(db, second, '2026-01-02T00:00:00Z');
  assert.equal(currentLabel(db, 1, 0)!.id, first);
  assert.deepEqual(labelHistory(db, 1, 0).map(({ text, undoneAt }) => [text, undoneAt]), [['red', '2026-01-02T00:00:00Z'], ['warm colours', null]]);
  assert.deepEqual(labelsAfter(db, first, 9).map(({ id }) => id), [second]);
  assert.equal(label(db, 99), null);
  db.close();
});

test('what is current depends on times and uids, not on the order in which rows came', () => {
  const rows = [{ uid: 'b', text: 'middle', createdAt: '2026-01-02T00:00:00Z' }, { uid: 'a', text: 'latest', createdAt: '2026-01-03T00:00:00Z' }, { uid: 'c', text: 'first', createdAt: '2026-01-01T00:00:00Z' }];
  for (const order of [[0, 1, 2], [1, 0, 2], [2, 1, 0]]) {
    const db = smallCatalog();
    for (const i of order) addLabel(db, { ...row, ...rows[i]! });
    assert.equal(currentLabel(db, 1, 0)!.text, 'latest');
    assert.deepEqual(labelHistory(db, 1, 0).map(({ text }) => text), ['latest', 'middle', 'first']);
    db.close();
  }
});

test('search ranks a word in the label above the same word in the notes, and forgets what is taken out of the index', () => {
  const db = smallCatalog();
  const inNotes = addLabel(db, row);
  const inText = addLabel(db, { ...row, uid: 'u2', feature: 1, text: 'red things', notes: 'none of it' });
  indexLabel(db, inNotes, row.text, row.notes);
  indexLabel(db, inText, 'red things', 'none of it');
  assert.deepEqual(rankedLabels(db, '"red"'), [inText, inNotes]);
  // porter: "thing" finds "things".
  assert.deepEqual(rankedLabels(db, '"thing"'), [inText]);
  unindexLabel(db, inText);
  assert.deepEqual(rankedLabels(db, '"red"'), [inNotes]);
  db.close();
});

test('a label with the id of another is refused', () => {
  const db = smallCatalog();
  addLabel(db, row);
  assert.throws(() => addLabel(db, row));
  db.close();
});

test('what people wrote and did not take back comes by feature and age; counts, times and families are of those', () => {
  const db = smallCatalog();
  addLabel(db, { ...row, feature: 1, family: 'topic' });
  addLabel(db, { ...row, uid: 'u2', family: 'token', createdAt: '2026-01-01T00:00:30Z' });
  addLabel(db, { ...row, uid: 'u3', kind: 'rule', author: 'rule' });
  addLabel(db, { ...row, uid: 'u4', family: 'token', undoneAt: '2026-01-03T00:00:00Z' });
  addLabel(db, { ...row, uid: 'u5', family: 'token', resolution: true, author: 'Bo', createdAt: '2026-01-01T00:00:40Z' });
  assert.deepEqual([...standingLabels(db, 1)].map(({ feature, author, resolution }) => [feature, author, resolution]), [[0, 'Ada', false], [0, 'Bo', true], [1, 'Ada', false]]);
  assert.deepEqual(authorCounts(db, 1).map(({ author, kind, labels }) => [author, kind, labels]), [['Ada', 'manual', 2], ['Bo', 'manual', 1], ['rule', 'rule', 1]]);
  assert.deepEqual(labelTimes(db, 1, 'Ada'), ['2026-01-01T00:00:00Z', '2026-01-01T00:00:30Z']);
  assert.deepEqual(families(db, 1), ['token', 'topic']);
  db.close();
});
