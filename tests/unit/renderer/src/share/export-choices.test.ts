import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultQuery } from '../../../../../src/renderer/src/feature/query.ts';
import { asRanges, formatChoices, indicesProblem, redactionChoices, selectionOf } from '../../../../../src/renderer/src/share/export-choices.ts';
import { exportFormats, exportSelectionSchema, textRedactions } from '../../../../../src/shared/schema/export.ts';

const choice = { scope: 'all', source: 3, query: null, set: null, marked: null, indices: '0-9', labelled: false } as const;

test('every format and redaction can be chosen', () => {
  assert.deepEqual(formatChoices.map(({ id }) => id), [...exportFormats]);
  assert.deepEqual(redactionChoices.map(({ id }) => id), [...textRedactions]);
});

test('a choice is a selection that its schema takes', () => {
  const nothing = { source: null, indices: null, list: null, filter: null, search: null, labelled: false };
  assert.deepEqual(selectionOf(choice), nothing);
  assert.deepEqual(selectionOf({ ...choice, scope: 'source', labelled: true }), { ...nothing, source: 3, labelled: true });
  assert.deepEqual(selectionOf({ ...choice, scope: 'indices', indices: ' 1-2 ' }), { ...nothing, source: 3, indices: '1-2' });
  assert.deepEqual(selectionOf({ ...choice, scope: 'marked', marked: Int32Array.of(4, 5, 9) }), { ...nothing, source: 3, indices: '4-5,9' });
  const query = { ...defaultQuery, search: ' words ', filter: { dead: false } };
  const shown = selectionOf({ ...choice, scope: 'query', query, set: Int32Array.of(7, 3, 4, 5) });
  assert.deepEqual(shown, { ...nothing, source: 3, indices: '3-5,7', filter: { dead: false }, search: ' words ' });
  assert.deepEqual(exportSelectionSchema.parse(shown), shown);
});

test('indices as ranges, each once', () => {
  assert.equal(asRanges([5, 1, 2, 3, 3, 9]), '1-3,5,9');
  assert.equal(asRanges([]), '');
});

test('typed indices are checked', () => {
  for (const good of ['0', '0-99', ' 1 - 2 , 7']) assert.equal(indicesProblem(good), null);
  for (const bad of ['', 'a', '1-', '1,,2', '-1']) assert.notEqual(indicesProblem(bad), null);
});
