import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapConfigSchema } from '../../../../../src/engine/interp/map/config.ts';

test('fifteen neighbours and as many epochs as the size asks for, unless told otherwise', () => {
  const parsed = mapConfigSchema.parse({ candidates: [], hash: null, provenance: null, stored: null, features: 5 });
  assert.deepEqual([parsed.k, parsed.epochs, parsed.seed], [15, 0, 0]);
  assert.ok(!mapConfigSchema.safeParse({ ...parsed, features: 0 }).success);
});
