import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unitWords } from '../../../../../src/renderer/src/feature/unit-words.ts';

const facts = { units: 1024, names: { pattern: 'expert {i}, neuron {j}', width: 256 }, layerKind: { id: 'moe-x', title: 'MoE-X' }, keep: null as number | null, noDirection: null };
const source = (config: object, kind = 'units') => ({ kind, provenance: JSON.stringify({ dictionary: { config } }), hookPoint: 'blocks.2.mlp.hook_post', modelName: 'chess', layer: 2 });

test('a unit is named by the rule of its source, with its kind of layer and where it lies', () => {
  const words = unitWords(source(facts))!;
  assert.equal(words.nameOf(785), 'expert 3, neuron 17');
  assert.equal(words.kind, 'MoE-X');
  assert.equal(words.meaning, 'A unit of the model itself: layer 2 of chess, MoE-X, at blocks.2.mlp.hook_post. It fires where it is not 0');
  assert.match(unitWords(source({ ...facts, keep: 64 }))!.meaning, /among the 64 largest of its token$/);
});

test('a latent of a dictionary is no unit, and neither is anything without a source', () => {
  assert.equal(unitWords(source(facts, 'topk')), null);
  assert.equal(unitWords(source({ units: 'many' })), null);
  assert.equal(unitWords(null), null);
});
