import assert from 'node:assert/strict';
import { test } from 'node:test';
import { families, familyOfGguf, familyOfModelType } from '../../../../src/engine/lm/registry.ts';

test('a family is found by what its files call it', () => {
  assert.equal(familyOfModelType('gpt2', 'x').id, 'gpt2');
  assert.equal(familyOfGguf('llama', 'x').id, 'llama');
  assert.equal(familyOfModelType('gpt_neox', 'x').id, 'gpt-neox');
  assert.equal(familyOfGguf('gptneox', 'x').id, 'gpt-neox');
});

test('an unknown architecture is refused with every known one, and the nearest', () => {
  assert.throws(() => familyOfModelType('lama', 'config.json'), { kind: 'unsupported', message: /config\.json.*"lama".*gpt2, llama.*nearest is llama/u });
  assert.throws(() => familyOfModelType(undefined, 'x'), { kind: 'unsupported', message: /null/u });
  assert.throws(() => familyOfGguf('toString', 'x'), { kind: 'unsupported' });
});

test('every family says what its blocks are made of', () => {
  for (const family of families) assert.ok(family.modelTypes.length > 0 && family.title !== '' && family.architecture.norm !== undefined);
});
