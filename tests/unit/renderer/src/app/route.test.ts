import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRoute, parseRoute, takeToken } from '../../../../../src/renderer/src/app/route.ts';

test('an address is a page, what follows it, and a query', () => {
  assert.deepEqual(parseRoute('#/features/12?catalog=demo&source=1'), { page: 'features', rest: ['12'], query: { catalog: 'demo', source: '1' } });
  assert.deepEqual(parseRoute(''), { page: '', rest: [], query: {} });
});

test('what is formatted is parsed back, slashes and spaces too', () => {
  const route = { page: 'features', rest: ['a b/c'], query: { catalog: '/home/ada/My Loupe/x&y.loupe', q: 'move #1?' } };
  assert.deepEqual(parseRoute(formatRoute(route)), route);
});

test('empty values are left out', () => {
  assert.equal(formatRoute({ page: 'features', rest: [], query: { q: '', sort: 'max' } }), '#/features?sort=max');
});

test('a broken escape is taken as it is', () => {
  assert.deepEqual(parseRoute('#/feature/%zz').rest, ['%zz']);
});

test('the token is taken out, and the route after it stays', () => {
  assert.deepEqual(takeToken('#token=ab_C-1'), { token: 'ab_C-1', hash: '' });
  assert.deepEqual(takeToken('#token=ab&/features/3?q=x'), { token: 'ab', hash: '#/features/3?q=x' });
  assert.deepEqual(takeToken('#/features'), { token: null, hash: '#/features' });
});
