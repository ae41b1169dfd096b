import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pairCodes } from '../../../../../../src/engine/lm/layers/monet/codes.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { drawGates, pairWeights } from '../../../../../support/monet.ts';

test('the pairs of a token with their weights, and no other', () => {
  const shape = { s: 6, m: 2, d: 4, heads: 3 };
  const random = Random.from(5);
  const tokens = Array.from({ length: 4 }, () => [drawGates(random, shape, 1), drawGates(random, shape, 1)] as const);
  const flat = (half: 0 | 1): Float32Array => Float32Array.from(tokens.flatMap((token) => [...token[half]]));
  const codes = pairCodes(flat(0), flat(1), shape.heads, shape.s);
  tokens.forEach(([g1, g2], token) => {
    const dense = new Float64Array(36);
    codes[token]!.pairs.forEach((pair, at) => (dense[pair] = codes[token]!.weights[at]!));
    const expected = pairWeights(g1, g2, shape, null);
    assertClose(dense, expected, 1e-6);
    assert.deepEqual([...codes[token]!.pairs], [...expected.keys()].filter((pair) => expected[pair]! > 0));
  });
});
