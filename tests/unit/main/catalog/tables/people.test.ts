import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPeopleRow, changePeopleRow, heldIndices, keyValues, peopleKey, peopleRows, peopleTableNames, peopleTables, removePeopleRow } from '../../../../../src/main/catalog/tables/people.ts';
import type { Values } from '../../../../../src/main/catalog/tables/people.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const rows: Readonly<Record<string, Values>> = {
  labels: { uid: 'l', source: 1, feature: 0, text: 'red', author: 'a', kind: 'manual', confidence: 3, notes: 'n', family: 'f', resolution: 1, created_at: 't', undone_at: null },
  scores: { uid: 's', label: 'l', scorer: 'detection', value: 0.5, low: null, high: 1, n: 4, negatives: 'random', judge: 'j', prompt_hash: 'h', created_at: 't', details: '{}' },
  reviews: { source: 1, feature: 2, author: 'a', state: 'unsure', created_at: 't' },
  comments: { uid: 'c', source: 1, feature: 0, text: 'x', author: 'a', created_at: 't', deleted_at: null },
  lists: { uid: 'i', name: 'herbs', notes: '', author: 'a', created_at: 't', deleted_at: null },
  list_items: { list: 'i', source: 1, feature: 1, place: 0.5, note: '', author: 'a', created_at: 't' },
  views: { uid: 'v', name: 'dense', query: '{}', author: 'a', created_at: 't', deleted_at: null },
};

function filled() {
  const db = smallCatalog();
  for (const table of peopleTableNames) addPeopleRow(db, table, rows[table]!);
  return db;
}

test('each table gives back what was added, references by uid', () => {
  const db = filled();
  for (const table of peopleTableNames) assert.deepEqual([...peopleRows(db, table)], [[peopleKey(table, rows[table]!), rows[table]]], table);
});

test('every column of the schema is known here, so that nothing is left behind by a merge', () => {
  const db = smallCatalog();
  for (const table of peopleTableNames) {
    const inSchema = db.all(`SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => String(name)).filter((name) => name !== 'id');
    assert.deepEqual(Object.keys(peopleTables[table].columns).sort(), inSchema.sort(), table);
  }
});

test('a row is changed and removed by its key', () => {
  const db = filled();
  changePeopleRow(db, 'list_items', { ...rows['list_items']!, place: 2 });
  assert.equal([...peopleRows(db, 'list_items').values()][0]!['place'], 2);
  changePeopleRow(db, 'scores', { ...rows['scores']!, value: 0.75 });
  assert.equal([...peopleRows(db, 'scores').values()][0]!['value'], 0.75);
  for (const table of peopleTableNames.toReversed()) {
    assert.equal(removePeopleRow(db, table, keyValues(table, peopleKey(table, rows[table]!))), true, table);
    assert.equal(removePeopleRow(db, table, keyValues(table, peopleKey(table, rows[table]!))), false, table);
  }
});

test('a row that refers to nothing is not added, and one that is too long is not read', () => {
  const db = smallCatalog();
  assert.throws(() => addPeopleRow(db, 'scores', rows['scores']!), /which is not there/);
  db.exec('PRAGMA ignore_check_constraints = ON');
  addPeopleRow(db, 'views', { ...rows['views']!, name: 'x'.repeat(300) });
  assert.throws(() => peopleRows(db, 'views'), /name holds no text of at most 200/);
});

test('the features that a source holds', () => {
  const db = smallCatalog();
  db.exec('DELETE FROM features WHERE idx = 1');
  assert.deepEqual([...heldIndices(db, 1)].sort(), [0, 2]);
});
