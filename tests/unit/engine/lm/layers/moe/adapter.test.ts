import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeExperts, expertProblem, expertUnitName, expertWidth } from '../../../../../../src/engine/lm/layers/moe/adapter.ts';

const size = { layers: 2, dModel: 6, heads: 1, context: 4, vocab: 5 };

test('by default k experts together are as wide as a dense MLP', () => {
  assert.equal(expertWidth({ experts: 8, k: 2, width: null, biases: true }, size), 12);
  assert.equal(expertWidth({ experts: 8, k: 2, width: 5, biases: true }, size), 5);
  // 2 experts of 12: 2 * 2 * 12 * 6, biases 2 * 12 + 6
  assert.equal(activeExperts({ experts: 8, k: 2, width: null, biases: true }, size), 288 + 30);
  assert.equal(activeExperts({ experts: 8, k: 2, width: null, biases: false }, size), 288);
});

test('units are named by expert and neuron, and k is at most the experts', () => {
  assert.equal(expertUnitName(25, 12), 'expert 2, neuron 1');
  assert.equal(expertProblem({ experts: 8, k: 8, width: null, biases: true }), null);
  assert.match(expertProblem({ experts: 8, k: 9, width: null, biases: true })!, /k is 9, experts is 8/);
});
