import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelConfigSchema } from '../../../../src/main/catalog/label-config.ts';

test('a catalog is enough; what no labeller is called and what is no range is refused', () => {
  const config = labelConfigSchema.parse({ catalog: 'c.loupe' });
  assert.deepEqual([config.labeller, config.features, config.source, config.fuzzing, config.seed], ['rule', null, null, false, 0]);
  for (const wrong of [{}, { catalog: 'c', labeller: 'oracle' }, { catalog: 'c', features: '3-' }, { catalog: 'c', other: 1 }]) assert.ok(!labelConfigSchema.safeParse(wrong).success, JSON.stringify(wrong));
});
