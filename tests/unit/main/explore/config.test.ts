import assert from 'node:assert/strict';
import { test } from 'node:test';
import { embedConfigSchema, mapJobConfigSchema } from '../../../../src/main/explore/config.ts';

test('a catalog and a source are enough; what is unknown is refused', () => {
  assert.deepEqual(embedConfigSchema.parse({ catalog: 'c', source: 1 }), { catalog: 'c', source: 1, encoder: '', install: false });
  assert.deepEqual(mapJobConfigSchema.parse({ catalog: 'c', source: 1 }), { catalog: 'c', source: 1, k: 15, epochs: 0, seed: 0 });
  assert.ok(!mapJobConfigSchema.safeParse({ catalog: 'c', source: 1, k: 1 }).success);
  assert.ok(!embedConfigSchema.safeParse({ catalog: 'c', source: 1, model: 'x' }).success);
});
