import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultQuery, isFiltered, parseQuery, queryAddress, sortBy } from '../../../../../src/renderer/src/feature/query.ts';

test('the plain list has an empty address', () => {
  assert.deepEqual(queryAddress(defaultQuery), {});
  assert.deepEqual(parseQuery({}), defaultQuery);
});

test('a query survives its address', () => {
  const query = { sort: 'max', descending: true, search: 'move', filter: { densityMin: 0.001, maxMax: 12.5, labelled: false, dead: true } } as const;
  assert.deepEqual(parseQuery(queryAddress(query)), query);
});

test('what cannot be read is as if it were not there', () => {
  assert.deepEqual(parseQuery({ sort: 'nonsense', dmin: '-1', dmax: 'x', labelled: 'yes' }), defaultQuery);
});

test('figures sort from the largest, names from the first; a second click turns it round', () => {
  assert.deepEqual(sortBy(defaultQuery, 'density'), { ...defaultQuery, sort: 'density', descending: true });
  assert.deepEqual(sortBy(defaultQuery, 'label'), { ...defaultQuery, sort: 'label', descending: false });
  assert.equal(sortBy({ ...defaultQuery, sort: 'density', descending: true }, 'density').descending, false);
});

test('a removed filter is no filter', () => {
  assert.equal(isFiltered({ ...defaultQuery, filter: { dead: undefined } }), false);
  assert.equal(isFiltered({ ...defaultQuery, filter: { dead: false } }), true);
  assert.equal(isFiltered({ ...defaultQuery, search: 'x' }), true);
});
