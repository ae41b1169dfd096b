import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expertWeights } from '../../../../../../src/engine/lm/layers/moe/adapter.ts';
import { wideCode } from '../../../../../../src/engine/lm/layers/moe/experts.ts';
import { routeBySparsity } from '../../../../../../src/engine/lm/layers/moe/moe-x.ts';
import { expertStudy } from '../../../../../../src/engine/lm/layers/moe/study.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { startExperts } from '../../../../../support/toy-domains.ts';

const config = { k: 1, temperature: 1, activation: 'relu' } as const;

/** Four experts told apart by their means, the last with biases so low that it never fires: what the router then prefers. */
function planted(dead: boolean): { readonly weights: Record<string, tf.Tensor>; readonly x: Tensor2D } {
  const { wEnc, bEnc, wDec } = startExperts({ experts: 4, width: 64, dModel: 16, layers: 1 }, Random.from(1), 1);
  const bias = tf.tensor2d(Float32Array.from({ length: 4 * 64 }, (_, i) => (dead && i >= 3 * 64 ? -100 : 0)), [4, 64]);
  const weights = { 'mlp.wEnc': wEnc, 'mlp.bEnc': dead ? bias : bEnc!, 'mlp.wDec': wDec, 'ln2.weight': tf.fill([16], 2), 'ln2.bias': tf.fill([16], 0.5) };
  return { weights, x: tf.tensor2d(Random.from(2).normals(100 * 16), [100, 16]) };
}

function studied({ weights, x }: ReturnType<typeof planted>, predicts = true) {
  const study = expertStudy(4, (input, own) => routeBySparsity(input, expertWeights(own), config), predicts);
  const normed = tf.add(tf.mul(x, 2), 0.5) as Tensor2D;
  study.see('ln2.hook_normalized', x, weights, { batch: 10, length: 10 });
  study.see('mlp.hook_post', wideCode(normed, expertWeights(weights), routeBySparsity(normed, expertWeights(weights), config).gates, 'relu'), weights, { batch: 10, length: 10 });
  return study.figures().routing!;
}

test('scores run against true L0 where experts differ; loads and L0 are of the tokens that were sent', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { pearson, spearman, pairs, load, l0, dead, sample } = studied(planted(false));
    assert.ok(spearman! < -0.9 && pearson! < -0.9, `${spearman} ${pearson}`);
    assert.deepEqual([pairs, sample.length, dead], [400, 400, []]);
    assert.ok(Math.abs(load.reduce((a, b) => a + b) - 1) < 1e-6);
    for (const expert of [0, 1, 2, 3]) assert.equal(l0[expert] === null, load[expert] === 0);
    // The expert chosen is the one with the best score, so it fires less than half of its units.
    assert.ok(l0.every((count) => count === null || count < 32));
  }));
});

test('an expert that fires nothing takes every token, and is named as dead', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { load, l0, dead } = studied(planted(true));
    assert.deepEqual(load, [0, 0, 0, 1]);
    assert.deepEqual([l0, dead], [[null, null, null, 0], [0, 1, 2, 3]]);
  }));
});

test('a router that predicts nothing has no agreement', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { pearson, spearman, pairs, load } = studied(planted(false), false);
    assert.deepEqual([pearson, spearman, pairs, load.length], [null, null, 0, 4]);
  }));
});
