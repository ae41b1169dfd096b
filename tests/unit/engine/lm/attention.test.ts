import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { AttentionInputs } from '../../../../src/engine/lm/attention-inputs.ts';
import { applyAttention, plainScores } from '../../../../src/engine/lm/attention.ts';
import type { BlockWeights, ModelConfig } from '../../../../src/engine/lm/definition.ts';
import { HookTable } from '../../../../src/engine/lm/hook-names.ts';
import { HookRun } from '../../../../src/engine/lm/hook-run.ts';

before(() => loadBackend());

// One head of width 1 without rotation: q = x, k = 0, v = x, so each token takes the mean of itself and those before.
const config = { name: 'm', layers: 1, dModel: 1, heads: 1, kvHeads: 1, dHead: 1, dMlp: 1, rotaryDim: 1, attnDivisor: 1, attnSoftCap: null, windows: [null] } as unknown as ModelConfig;
const weights = {
  qkv: { weight: () => tf.tensor2d([[1], [0], [1]]), layout: 'out-in', bias: null },
  attnOut: { weight: () => tf.tensor2d([[10]]), layout: 'out-in', bias: null },
};
const built = (): BlockWeights => ({
  qkv: { ...weights.qkv, weight: weights.qkv.weight() }, attnOut: { ...weights.attnOut, weight: weights.attnOut.weight() },
}) as unknown as BlockWeights;
const table = new HookTable(config, { norm: 'rms', positions: 'rotary', mlp: 'gated' });
const mask = (): tf.Tensor => tf.tensor4d([0, -Infinity, -Infinity, 0, 0, -Infinity, 0, 0, 0], [1, 1, 3, 3]);
const inputs = (): AttentionInputs => ({ batch: 1, length: 3, rope: null, documents: null, masks: [mask()] });

for (const names of [[], ['blocks.0.attn.hook_pattern', 'blocks.0.attn.hook_attn_scores', 'blocks.0.attn.hook_z']]) {
  test(`equal scores give running means, ${names.length === 0 ? 'on the quick path' : 'hook by hook'}`, () => {
    const run = new HookRun(table, { batch: 1, length: 3 }, { names });
    const out = applyAttention(tf.tensor2d([[3], [5], [10]]), built(), config, run, 0, inputs(), null);
    // means 3, 4, 6; times 10
    [30, 40, 60].forEach((expected, i) => assert.ok(Math.abs(out.dataSync()[i]! - expected) < 1e-4));
    if (names.length === 0) return;
    const pattern = run.cache.get('blocks.0.attn.hook_pattern')!;
    [1, 0, 0, 1 / 2, 1 / 2, 0, 1 / 3, 1 / 3, 1 / 3].forEach((p, i) => assert.ok(Math.abs(pattern.dataSync()[i]! - p) < 1e-6));
    assert.deepEqual([...run.cache.get('blocks.0.attn.hook_attn_scores')!.dataSync()], [0, -Infinity, -Infinity, 0, 0, -Infinity, 0, 0, 0]);
    assert.deepEqual(run.cache.get('blocks.0.attn.hook_z')!.shape, [1, 3, 1, 1]);
  });
}

test('a cache holds what was seen: the last token alone gives the same', () => {
  const cache = { keys: null, values: null };
  const pass = (x: number[], length: number, past: number, seen: tf.Tensor): Float32Array => {
    const run = new HookRun(table, { batch: 1, length, past }, {});
    return applyAttention(tf.tensor2d(x, [length, 1]), built(), config, run, 0, { batch: 1, length, rope: null, documents: null, masks: [seen] }, cache).dataSync<'float32'>();
  };
  pass([3, 5], 2, 0, tf.tensor4d([0, -Infinity, 0, 0], [1, 1, 2, 2]));
  assert.ok(Math.abs(pass([10], 1, 2, tf.zeros([1, 1, 1, 3]))[0]! - 60) < 1e-4);
});

test('the kernel takes a block only where its scores are plain: no cap, no other divisor, a window over all', () => {
  const plain = { ...config, dHead: 4, attnDivisor: 2 };
  assert.equal(plainScores(plain, 0, 100), true);
  assert.equal(plainScores({ ...plain, attnDivisor: 3 }, 0, 100), false);
  assert.equal(plainScores({ ...plain, attnSoftCap: 50 }, 0, 100), false);
  assert.deepEqual([8, 9].map((length) => plainScores({ ...plain, windows: [8] }, 0, length)), [true, false]);
});

test('scores are divided, then capped, then masked', () => {
  // q = x, k = x, v = 1: x = [2, 2] over 4, capped at 0.5: 0.5 tanh((4 / 4) / 0.5) = 0.482014
  const own = { ...built(), qkv: { weight: tf.tensor2d([[1], [1], [0]]), layout: 'out-in', bias: null } } as unknown as BlockWeights;
  const run = new HookRun(table, { batch: 1, length: 2 }, { names: ['blocks.0.attn.hook_attn_scores'] });
  const seen = tf.tensor4d([0, -Infinity, 0, 0], [1, 1, 2, 2]);
  applyAttention(tf.tensor2d([[2], [2]]), own, { ...config, attnDivisor: 4, attnSoftCap: 0.5 }, run, 0, { batch: 1, length: 2, rope: null, documents: null, masks: [seen] }, null);
  const scores = [...run.cache.get('blocks.0.attn.hook_attn_scores')!.dataSync()];
  assert.deepEqual(scores.map((x) => (x === -Infinity ? x : Number(x.toFixed(6)))), [0.482014, -Infinity, 0.482014, 0.482014]);
});
