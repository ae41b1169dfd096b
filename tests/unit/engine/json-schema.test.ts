import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { jsonSchema } from '../../../src/engine/json-schema.ts';

test('a form knows defaults, ranges, units and choices, and what must be given', () => {
  const schema = z.strictObject({
    model: z.string().min(1).meta({ description: 'Model', path: true }),
    k: z.number().int().min(1).max(64).default(32).meta({ description: 'Kept latents', unit: 'latents' }),
    dtype: z.enum(['float16', 'float32']).default('float16'),
  }).refine(({ k }) => k < 60);
  const json = jsonSchema(schema) as { required: string[]; additionalProperties: boolean; properties: Record<string, Record<string, unknown>> };
  assert.deepEqual(json.required, ['model']);
  assert.equal(json.additionalProperties, false);
  assert.deepEqual(json.properties['k'], { description: 'Kept latents', unit: 'latents', default: 32, type: 'integer', minimum: 1, maximum: 64 });
  assert.deepEqual(json.properties['dtype']!['enum'], ['float16', 'float32']);
  assert.equal(json.properties['model']!['path'], true);
});
