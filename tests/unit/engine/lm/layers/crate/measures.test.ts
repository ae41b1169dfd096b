import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { codingRate, compressedRate } from '../../../../../../src/engine/lm/layers/crate/coding-rate.ts';
import { codingRates, nonZeroShare } from '../../../../../../src/engine/lm/layers/crate/measures.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('rates of a batch are those of its sequences in float64, tokens at norm 1, whichever Gram matrix is smaller', async (t) => {
  const random = Random.from(1);
  const [batch, heads, d, p] = [3, 2, 8, 4];
  await eachBackend(t, () => tf.tidy(() => {
    for (const length of [20, 3]) {
      const x = random.normals(batch * length * d);
      const bases = random.normals(d * heads * p, 0.5);
      const ofHead = (k: number): Float64Array => Float64Array.from({ length: d * p }, (_, at) => bases[Math.floor(at / p) * heads * p + k * p + (at % p)]!);
      let [rc, r] = [0, 0];
      for (let s = 0; s < batch; s++) {
        const values = Float64Array.from(x.subarray(s * length * d, (s + 1) * length * d));
        for (let row = 0; row < length; row++) {
          const norm = Math.hypot(...values.subarray(row * d, (row + 1) * d));
          for (let i = 0; i < d; i++) values[row * d + i]! /= norm;
        }
        rc += compressedRate({ values, n: length, d }, [ofHead(0), ofHead(1)], p / (length * 0.01)) / batch;
        r += codingRate({ values, n: length, d }, d / (length * 0.01)) / batch;
      }
      const got = codingRates(tf.tensor2d(x, [batch * length, d]), tf.tensor2d(bases, [d, heads * p]), { batch, length, heads });
      assertClose([got.rc, got.r], [rc, r], 1e-4, `${length} tokens`);
      // the scale of tokens does not matter, that of the bases does
      const scaled = codingRates(tf.mul(tf.tensor2d(x, [batch * length, d]), 9), tf.mul(tf.tensor2d(bases, [d, heads * p]), 2), { batch, length, heads });
      assertClose([scaled.r], [got.r], 1e-4);
      assert.ok(scaled.rc > got.rc + 0.5);
    }
  }));
});

test('exact zeros alone count as zeros', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    assert.equal(nonZeroShare(tf.tensor2d([[0, 1e-30, 2, -0], [0, 0, 0, 1]])), 3 / 8);
  }));
});
