import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressKeys, defaultQuery, isFiltered, parseQuery, queryAddress, refine, sortBy, unfiltered } from '../../../../../src/renderer/src/feature/query.ts';

test('the plain list has an empty address', () => {
  assert.deepEqual(queryAddress(defaultQuery), {});
  assert.deepEqual(parseQuery({}), defaultQuery);
});

test('a query survives its address, whatever it asks for', () => {
  const query = { sort: 'max', descending: true, search: 'move', filter: { densityMin: 0.001, maxMax: 12.5, labelled: false, dead: true }, set: '' } as const;
  assert.deepEqual(parseQuery(queryAddress(query)), query);
  const all = {
    sort: 'relevance', descending: false, search: 'a', set: '3-x', filter: {
      indexMin: 1, indexMax: 9, densityMin: 0.1, densityMax: 1, maxMin: -1, maxMax: 2, meanMin: -3, meanMax: 4, minMin: -5, minMax: 0, scoreMin: 0.5, scoreMax: 1, confidenceMin: 1, confidenceMax: 5,
      list: 7, labelled: true, dead: false, notes: true, author: 'Ada & Bo', family: 'topic', tokenClass: 'digits', labelKind: 'rule',
    },
  } as const;
  const address = queryAddress(all);
  assert.deepEqual(parseQuery(address), all);
  assert.ok(Object.keys(address).every((key) => addressKeys.has(key)));
});

test('what cannot be read is as if it were not there', () => {
  assert.deepEqual(parseQuery({ sort: 'nonsense', dmin: '-1', dmax: 'x', labelled: 'yes', kind: 'guess', list: '-1', family: 'x'.repeat(101) }), defaultQuery);
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

test('conditions are added and taken off; everything again keeps the order, except that of relevance', () => {
  const query = refine(refine(defaultQuery, { dead: true }), { dead: undefined, notes: true });
  assert.deepEqual(queryAddress(query), { notes: '1' });
  assert.deepEqual(unfiltered({ ...query, sort: 'max', descending: true, search: 'x', set: 'k' }), { ...defaultQuery, sort: 'max', descending: true });
  assert.deepEqual(unfiltered({ ...query, sort: 'relevance' }), defaultQuery);
});
