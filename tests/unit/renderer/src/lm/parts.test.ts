import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf } from '../../../../../src/renderer/src/lm/parts.ts';

test('parts of a model are listed by size, empty ones not at all', () => {
  assert.deepEqual(partsOf({ norms: 2, layer: 9, unembedding: 0 }), [{ name: 'layers in the place of the MLP', value: 9 }, { name: 'norms', value: 2 }]);
});
