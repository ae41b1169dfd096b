import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unitNameOf, unitsNamed } from '../../../src/shared/unit-names.ts';

const neuron = { pattern: 'neuron {n}', width: null };
const mixture = { pattern: 'expert {i}, neuron {j}', width: 256 };
const pairs = { pattern: 'expert ({i}, {j})', width: 32 };

/** The units among the first `n` that a text names. */
const named = (rule: typeof mixture | typeof neuron, text: string, n: number): number[] | null => {
  const match = unitsNamed(rule, text);
  return match === null ? null : Array.from({ length: n }, (_, unit) => unit).filter(match);
};

test('a unit is named by its number, or by the two that it is made of', () => {
  assert.equal(unitNameOf(neuron, 17), 'neuron 17');
  assert.equal(unitNameOf(mixture, 3 * 256 + 17), 'expert 3, neuron 17');
  assert.equal(unitNameOf(pairs, 5 * 32 + 12), 'expert (5, 12)');
});

test('a whole name finds one unit, however it is spaced or written', () => {
  assert.deepEqual(named(neuron, 'neuron 17', 64), [17]);
  assert.deepEqual(named(mixture, 'Expert 3,  neuron 17', 1024), [785]);
  assert.deepEqual(named(pairs, 'expert (5, 12)', 1024), [172]);
  assert.deepEqual(named(pairs, 'expert 5 12', 1024), [172]);
  for (const rule of [neuron, mixture, pairs]) for (const unit of [0, 31, 700]) assert.deepEqual(named(rule, unitNameOf(rule, unit), 1024), [unit]);
});

test('a part of a name finds all that have it', () => {
  assert.deepEqual(named(mixture, 'expert 2', 1024), Array.from({ length: 256 }, (_, j) => 512 + j));
  assert.deepEqual(named(mixture, 'neuron 17', 1024), [17, 273, 529, 785]);
  assert.deepEqual(named(pairs, 'expert 1', 96), Array.from({ length: 32 }, (_, j) => 32 + j));
});

test('what is no name of the rule is nobody: words, bare numbers, other names', () => {
  for (const text of ['', 'queen', '17', 'neuron', 'neuron 17 queen', 'atom 3', 'neuron queen 3', '-3']) assert.equal(named(neuron, text, 8), null, text);
  assert.equal(named(mixture, 'neuron 1, expert 2', 8), null);
  assert.equal(named(pairs, 'expert 1 2 3', 8), null);
});
