import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLabel, currentLabel, indexLabel, label, labelHistory, labelsAfter, searchLabels, undoLabel, unindexLabel } from '../../../../../src/main/catalog/tables/labels.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const row = { uid: 'u1', source: 1, feature: 0, text: 'warm colours', author: 'Ada', kind: 'manual', confidence: 3, notes: 'red mostly', createdAt: '2026-01-01T00:00:00Z', undoneAt: null } as const;

test('the newest that was not undone is current; all stay in the history', () => {
  const db = smallCatalog();
  const first = addLabel(db, row);
  const second = addLabel(db, { ...row, uid: 'u2', text: 'red' });
  assert.equal(currentLabel(db, 1, 0)!.id, second);
  undoLabel(db, second, '2026-01-02T00:00:00Z');
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
  assert.deepEqual(searchLabels(db, 1, '"red"', 9).map((hit) => hit.label.id), [inText, inNotes]);
  // porter: "thing" finds "things".
  assert.deepEqual(searchLabels(db, 1, '"thing"', 9).map((hit) => hit.label.id), [inText]);
  unindexLabel(db, inText);
  assert.deepEqual(searchLabels(db, 1, '"red"', 9).map((hit) => hit.label.id), [inNotes]);
  db.close();
});

test('a label with the id of another is refused', () => {
  const db = smallCatalog();
  addLabel(db, row);
  assert.throws(() => addLabel(db, row));
  db.close();
});
