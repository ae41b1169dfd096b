import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSet, keepSet } from '../../../../../src/renderer/src/feature/feature-sets.ts';

test('a set is found by its key, the same set has the same key, and the oldest go', () => {
  const set = { title: '2 on the map', indices: Int32Array.of(5, 3) };
  const key = keepSet(set);
  assert.deepEqual(findSet(key), set);
  assert.equal(keepSet({ ...set }), key);
  assert.notEqual(keepSet({ ...set, indices: Int32Array.of(3, 5) }), key);
  for (let i = 0; i < 8; i++) keepSet({ title: `set ${i}`, indices: Int32Array.of(i) });
  // Without a tab's storage, as here, a set that went is not found.
  assert.equal(findSet(key), undefined);
  assert.equal(findSet(''), undefined);
});
