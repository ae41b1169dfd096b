import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeRows } from '../../../../../src/main/catalog/merge/rows.ts';
import { peopleKey } from '../../../../../src/main/catalog/tables/people.ts';
import type { PeopleTable, Values } from '../../../../../src/main/catalog/tables/people.ts';

const rows = (table: PeopleTable, ...values: Values[]): Map<string, Values> => new Map(values.map((row) => [peopleKey(table, row), row]));
const list: Values = { uid: 'u', name: 'herbs', notes: '', author: 'a', created_at: '2026-01-01', deleted_at: null };

test('rows that we lack are added, others stay', () => {
  const merged = mergeRows('lists', rows('lists', list), rows('lists', list, { ...list, uid: 'v' }));
  assert.deepEqual(merged.add.map(({ uid }) => uid), ['v']);
  assert.deepEqual([merged.change, merged.kept, merged.problems], [[], [], []]);
});

test('what was removed on either side stays removed, since the earlier time', () => {
  const [early, late] = ['2026-02-01', '2026-02-02'];
  const after = (mine: string | null, theirs: string | null): unknown => mergeRows('lists', rows('lists', { ...list, deleted_at: mine }), rows('lists', { ...list, deleted_at: theirs })).change.map((change) => change.after['deleted_at']);
  assert.deepEqual(after(null, late), [late]);
  assert.deepEqual(after(late, early), [early]);
  assert.deepEqual(after(early, late), []);
  assert.deepEqual(after(early, null), []);
});

test('a list that is called otherwise there keeps our name, and it is said', () => {
  const merged = mergeRows('lists', rows('lists', list), rows('lists', { ...list, name: 'spices' }));
  assert.deepEqual(merged.change, []);
  assert.deepEqual(merged.kept.map(({ before, after }) => [before['name'], after['name']]), [['herbs', 'spices']]);
});

test('a review is a state: the later one holds, whichever side it is on', () => {
  const review: Values = { source: 1, feature: 2, author: 'a', state: 'skipped', created_at: '2026-01-01' };
  const newer: Values = { ...review, state: 'unsure', created_at: '2026-01-02' };
  assert.deepEqual(mergeRows('reviews', rows('reviews', review), rows('reviews', newer)).change.map(({ after }) => after), [newer]);
  assert.deepEqual(mergeRows('reviews', rows('reviews', newer), rows('reviews', review)).change, []);
});

test('what is never edited cannot differ', () => {
  const label: Values = { uid: 'u', source: 1, feature: 0, text: 'red', author: 'a', kind: 'manual', confidence: null, notes: '', family: '', resolution: 0, created_at: '2026-01-01', undone_at: null };
  const merged = mergeRows('labels', rows('labels', label), rows('labels', { ...label, text: 'forged' }));
  assert.match(merged.problems.join(), /another text than here/);
  assert.deepEqual(merged.change, []);
});
