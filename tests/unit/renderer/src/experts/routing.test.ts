import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanLosses, routeRows, strongestWeights, textLoad, usesAt, weightsOf } from '../../../../../src/renderer/src/experts/routing.ts';
import { vector } from '../../../../../src/shared/schema/tensor.ts';

/** Two layers, three tokens, two slots. */
const routed = {
  indices: vector(Int32Array.of(0, 1, 1, 0, 2, 0, 5, 4, 4, 0, 5, 0), [2, 3, 2]),
  weights: vector(Float32Array.of(0.75, 0.25, 1, 0, 0.5, 0.5, 0.6, 0.4, 1, 0, 1, 0), [2, 3, 2]),
};

test('the experts of a token are those with a weight, in order', () => {
  assert.deepEqual(usesAt(routed, 0, 0), [{ expert: 0, weight: 0.75 }, { expert: 1, weight: 0.25 }]);
  assert.deepEqual(usesAt(routed, 1, 1), [{ expert: 4, weight: 1 }]);
});

test('shades of the text: one expert, or the strongest of each token', () => {
  assert.deepEqual([...weightsOf(routed, 0, 0)], [0.75, 0, 0.5]);
  assert.deepEqual([...strongestWeights(routed, 0)], [0.75, 1, 0.5]);
});

test('the load of a text: tokens that use an expert, and its share of all weight', () => {
  // layer 0: expert 0 has 0.75 + 0.5, expert 1 0.25 + 1, expert 2 0.5, of 3
  assert.deepEqual(textLoad(routed, 0).map(({ expert, tokens, share }) => [expert, tokens, Math.round(share * 1200)]), [[0, 2, 500], [1, 2, 500], [2, 1, 200]]);
});

test('losses are means of what was scored', () => {
  const none = vector(Float32Array.of(Number.NaN, Number.NaN));
  assert.deepEqual(meanLosses({ loss: vector(Float32Array.of(Number.NaN, 2, 4)), lossWithout: vector(Float32Array.of(Number.NaN, 3, 5)) }), { whole: 3, without: 4 });
  assert.deepEqual(meanLosses({ loss: vector(Float32Array.of(Number.NaN, 2)), lossWithout: none }), { whole: 2, without: null });
  assert.equal(meanLosses({ loss: none, lossWithout: none }), null);
});

test('the map of a text has a row an expert, in the order that is asked for', () => {
  assert.deepEqual([...routeRows(routed, 0, [1, 0])], [0.25, 1, 0, 0.75, 0, 0.5]);
  assert.deepEqual([...routeRows(routed, 1, [7])], [0, 0, 0]);
});
