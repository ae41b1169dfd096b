import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemOf, rowsOf, specsOf, usualRows } from '../../../../../../src/renderer/src/pages/experts/domain-rows.ts';

test('rows and specs say the same', () => {
  assert.deepEqual(specsOf(usualRows).map(({ corpus }) => corpus), [null, null, null, null]);
  assert.deepEqual(rowsOf(specsOf([{ name: ' own ', corpus: ' /a.txt ' }, { name: 'code', corpus: '' }])), [{ name: 'own', corpus: '/a.txt' }, { name: 'code', corpus: '' }]);
});

test('what cannot be is said in words', () => {
  assert.equal(problemOf(usualRows), null);
  assert.match(problemOf(usualRows.slice(0, 1))!, /two or more/u);
  assert.match(problemOf([...usualRows, { name: ' ', corpus: '/a' }])!, /a name/u);
  assert.match(problemOf([...usualRows, { name: 'code', corpus: '/a' }])!, /"code" is there twice/u);
  assert.match(problemOf([...usualRows, { name: 'law', corpus: '' }])!, /"law" does not come with Loupe/u);
  assert.match(problemOf(Array.from({ length: 17 }, (_, i) => ({ name: `d${i}`, corpus: '/a' })))!, /At most 16/u);
});
