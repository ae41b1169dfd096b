import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { statisticsConfigSchema } from '../../../../src/engine/interp/config.ts';

test('every field says what it is', () => {
  const { properties } = z.toJSONSchema(statisticsConfigSchema) as { properties: Record<string, { description?: string }> };
  for (const [name, { description }] of Object.entries(properties)) assert.ok((description ?? '').length > 10, name);
});

test('unknown keys and values out of range are refused', () => {
  const config = { store: 's', dictionary: 'd', model: 'm' };
  assert.equal(statisticsConfigSchema.safeParse(config).success, true);
  for (const wrong of [{ topExample: 1 }, { topExamples: 0 }, { topExamples: 1.5 }, { window: 5000 }, { seed: 2 ** 32 }]) assert.equal(statisticsConfigSchema.safeParse({ ...config, ...wrong }).success, false, JSON.stringify(wrong));
});
