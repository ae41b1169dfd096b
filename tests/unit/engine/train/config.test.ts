import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { registry } from '../../../../src/engine/sae/registry.ts';
import { resolveTraining, trainConfigSchema, trainFormSchema, variantConfig } from '../../../../src/engine/train/config.ts';

const good = { variant: 'topk', activations: ['a'], out: 'o', dSae: 64 };
const problems = (changes: Record<string, unknown>): string => {
  const parsed = trainConfigSchema.safeParse({ ...good, ...changes });
  return parsed.success ? '' : parsed.error.issues.map((issue) => JSON.stringify(issue)).join('\n');
};

test('defaults fill what is left out, and the variant has its own fields', () => {
  const config = trainConfigSchema.parse(good);
  assert.deepEqual([config.batch, config.steps, config['k']], [2048, 1000, 32]);
  assert.deepEqual(variantConfig(config), { k: 32, auxK: 512, auxCoefficient: 1 / 32 });
});

test('unknown fields, values out of range and rules across fields are refused', () => {
  assert.match(problems({ dsae: 3 }), /unrecognized_keys.*dsae/);
  assert.match(problems({ dSae: 0 }), /dSae/);
  assert.match(problems({ k: 65 }), /k is 65, dSae is 64: choose k <= dSae/);
  assert.match(problems({ variant: 'topkk' }), /there is no variant.*choose .*topk/);
  assert.match(problems({ bufferRows: 10, batch: 20 }), /choose bufferRows >= batch/);
  assert.match(problems({ warmupSteps: 30, steps: 20 }), /choose warmupSteps <= steps/);
  assert.match(problems({ activations: [] }), /activations is empty/);
  assert.match(problems({ activations: [], model: 'm', corpus: 'c' }), /needs model, corpus and hookPoint/);
  assert.match(problems({ model: 'm', corpus: 'c', hookPoint: 'h' }), /both given/);
  assert.equal(problems({ activations: [], model: 'm', corpus: 'c', hookPoint: 'h' }), '');
});

test('every field of every variant says what it is, and its schema is JSON Schema', () => {
  for (const variant of registry) {
    const schema = z.toJSONSchema(trainFormSchema(variant), { io: 'input' }) as { properties: Record<string, { description?: string; default?: unknown }> };
    for (const [name, field] of Object.entries(schema.properties)) {
      assert.ok((field.description ?? '').length > 5, `${variant.id}.${name} has no description`);
      if (name !== 'out' && name !== 'dSae') assert.ok('default' in field, `${variant.id}.${name} has no default`);
    }
  }
});

test('null is resolved by the rules: warm-up at most 5 %, dead window at most 10 %, at least a batch', () => {
  const resolve = (changes: Record<string, unknown>): ReturnType<typeof resolveTraining> => resolveTraining(trainConfigSchema.parse({ ...good, ...changes }));
  assert.deepEqual([resolve({ steps: 200 }).warmupSteps, resolve({ steps: 10 ** 6 }).warmupSteps], [10, 1000]);
  assert.deepEqual([resolve({ steps: 100, batch: 100 }).deadWindow, resolve({ steps: 10 ** 7 }).deadWindow, resolve({ steps: 2, batch: 100 }).deadWindow], [1000, 10 ** 7, 100]);
  // 2e-4 / sqrt(16384 / 16384), four times that in a short run
  assert.deepEqual([resolve({ dSae: 16384, steps: 50_000 }).lr, resolve({ dSae: 16384, steps: 50 }).lr, resolve({ lr: 0.5 }).lr], [2e-4, 8e-4, 0.5]);
});
