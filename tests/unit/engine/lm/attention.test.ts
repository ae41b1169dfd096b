import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { applyAttention, type AttentionInputs } from '../../../../src/engine/lm/attention.ts';
import type { BlockWeights, ModelConfig } from '../../../../src/engine/lm/definition.ts';
import { HookTable } from '../../../../src/engine/lm/hook-names.ts';
import { HookRun } from '../../../../src/engine/lm/hook-run.ts';

before(() => loadBackend());

// One head of width 1 without rotation: q = x, k = 0, v = x, so each token takes the mean of itself and those before.
const config = { name: 'm', layers: 1, dModel: 1, heads: 1, kvHeads: 1, dHead: 1, dMlp: 1 } as ModelConfig;
const weights = {
  qkv: { weight: () => tf.tensor2d([[1], [0], [1]]), layout: 'out-in', bias: null },
  attnOut: { weight: () => tf.tensor2d([[10]]), layout: 'out-in', bias: null },
};
const built = (): BlockWeights => ({
  qkv: { ...weights.qkv, weight: weights.qkv.weight() }, attnOut: { ...weights.attnOut, weight: weights.attnOut.weight() },
}) as unknown as BlockWeights;
const table = new HookTable(config, { norm: 'rms', positions: 'rotary', mlp: 'gated' });
const mask = (): tf.Tensor => tf.tensor4d([0, -Infinity, -Infinity, 0, 0, -Infinity, 0, 0, 0], [1, 1, 3, 3]);
const inputs = (): AttentionInputs => ({ batch: 1, length: 3, rope: null, documents: null, mask: mask() });

for (const names of [[], ['blocks.0.attn.hook_pattern', 'blocks.0.attn.hook_attn_scores', 'blocks.0.attn.hook_z']]) {
  test(`equal scores give running means, ${names.length === 0 ? 'on the quick path' : 'hook by hook'}`, () => {
    const run = new HookRun(table, { batch: 1, length: 3 }, { names });
    const out = applyAttention(tf.tensor2d([[3], [5], [10]]), built(), config, run, 'blocks.0.', inputs(), null);
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
    return applyAttention(tf.tensor2d(x, [length, 1]), built(), config, run, 'blocks.0.', { batch: 1, length, rope: null, documents: null, mask: seen }, cache).dataSync<'float32'>();
  };
  pass([3, 5], 2, 0, tf.tensor4d([0, -Infinity, 0, 0], [1, 1, 2, 2]));
  assert.ok(Math.abs(pass([10], 1, 2, tf.zeros([1, 1, 1, 3]))[0]! - 60) < 1e-4);
});
