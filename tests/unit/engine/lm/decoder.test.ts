import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { checkedConfig } from '../../../../src/engine/lm/configs.ts';
import { forward, type Decoder, type Pass } from '../../../../src/engine/lm/decoder.ts';
import { HookTable } from '../../../../src/engine/lm/hook-names.ts';
import { HookRun } from '../../../../src/engine/lm/hook-run.ts';

before(() => loadBackend());

/** A model of no blocks: logits are norm(embedding + position) against the unembedding, which one can work by hand. */
function bare(): Decoder {
  const config = checkedConfig({
    family: 'gpt2', name: 'bare', layers: 0, dModel: 2, heads: 1, kvHeads: 1, dHead: 2, dMlp: 2, vocab: 3, contextLength: 4, normEps: 0, activation: 'relu',
    ropeTheta: null, ropeScaling: null, tiedEmbeddings: false, bosTokenId: null, eosTokenIds: [],
  });
  const embedding = tf.tensor2d([[1, 0], [0, 1], [2, 2]]);
  return {
    config, architecture: { norm: 'rms', positions: 'learned', mlp: 'plain' },
    weights: { embedding, positions: tf.tensor2d([[0, 0], [2, 3], [0, 0], [0, 0]]), unembedding: tf.tensor2d([[1, 0], [0, 1], [1, 1]]), blocks: [], lnFinal: { weight: tf.tensor1d([1, 1]), bias: null }, ropeFactors: null },
  };
}

function run(decoder: Decoder, options: Partial<Pass> & { names?: string[] } = {}): { logits: number[] | null; hooks: HookRun } {
  const hooks = new HookRun(new HookTable(decoder.config, decoder.architecture), { batch: 1, length: 2 }, { names: options.names ?? [], logits: options.logits ?? true });
  const logits = forward(decoder, { tokens: Int32Array.of(0, 1), batch: 1, length: 2, run: hooks, layers: 0, logits: true, ...options });
  return { logits: logits === null ? null : [...logits.dataSync()], hooks };
}

test('tokens and positions are added, normed, and read out', () => {
  // token 0 at 0: [1, 0], rms 0.7071 -> [1.4142, 0]; token 1 at 1: [2, 4], rms 3.1623 -> [0.63246, 1.26491]
  const expected = [1.41421, 0, 1.41421, 0.63246, 1.26491, 1.89737];
  run(bare()).logits!.forEach((x, i) => assert.ok(Math.abs(x - expected[i]!) < 1e-4));
});

test('the logits of the last position alone', () => {
  assert.equal(run(bare(), { lastOnly: true }).logits!.length, 3);
  assert.ok(Math.abs(run(bare(), { lastOnly: true }).logits![0]! - 0.63246) < 1e-4);
});

test('without logits the final norm still runs when its hook is wanted, and nothing runs when nothing is', () => {
  const { logits, hooks } = run(bare(), { logits: false, names: ['ln_final.hook_scale'] });
  assert.equal(logits, null);
  assert.ok(Math.abs(hooks.cache.get('ln_final.hook_scale')!.dataSync()[1]! - 3.16228) < 1e-4);
  assert.equal(run(bare(), { logits: false }).logits, null);
});

test('the embeddings have hooks of their own', () => {
  const { hooks } = run(bare(), { names: ['hook_embed', 'hook_pos_embed'] });
  assert.deepEqual([...hooks.cache.get('hook_embed')!.dataSync()], [1, 0, 0, 1]);
  assert.deepEqual([...hooks.cache.get('hook_pos_embed')!.dataSync()], [0, 0, 2, 3]);
});

test('embeddings are scaled before their hook, logits capped behind the unembedding', () => {
  const plain = bare();
  const { logits, hooks } = run({ ...plain, config: { ...plain.config, embeddingScale: 3, logitSoftCap: 1 } }, { names: ['hook_embed'] });
  assert.deepEqual([...hooks.cache.get('hook_embed')!.dataSync()], [3, 0, 0, 3]);
  // the first token's norm is that of [1, 0]: 1.41421 -> tanh 0.88839
  [0.88839, 0, 0.88839].forEach((x, i) => assert.ok(Math.abs(logits![i]! - x) < 1e-4));
});
