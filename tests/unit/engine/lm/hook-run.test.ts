import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { ModelConfig } from '../../../../src/engine/lm/definition.ts';
import { HookTable } from '../../../../src/engine/lm/hook-names.ts';
import { HookRun } from '../../../../src/engine/lm/hook-run.ts';

before(() => loadBackend());
const config = { name: 'm', layers: 1, dModel: 2, heads: 1, kvHeads: 1, dHead: 2, dMlp: 3 } as ModelConfig;
const table = new HookTable(config, { norm: 'rms', positions: 'rotary', mlp: 'gated' });
const shape = { batch: 1, length: 2 };
const hook = 'blocks.0.hook_resid_pre';

test('a value that nobody asked for passes as it is', () => {
  const run = new HookRun(table, shape, {});
  const x = tf.ones([2, 2]);
  assert.equal(run.at(hook, x), x);
  assert.equal(run.touches(hook), false);
});

test('edits apply in order, before the value is kept, and rows stay flattened', () => {
  const run = new HookRun(table, shape, {
    names: [hook], logits: false,
    edits: [{ hook, kind: 'add', value: tf.tensor1d([1, 2]) }, { hook, kind: 'map', map: (x) => tf.mul(x, 10) }],
  });
  assert.equal(run.finished, false);
  const out = run.at(hook, tf.zeros([2, 2]));
  assert.deepEqual(out.shape, [2, 2]);
  assert.deepEqual([...out.dataSync()], [10, 20, 10, 20]);
  assert.deepEqual(run.cache.get(hook)!.shape, [1, 2, 2]);
  assert.equal(run.finished, true);
});

test('a replacement may be one row for all, and another shape is refused', () => {
  const one = new HookRun(table, shape, { edits: [{ hook, kind: 'replace', value: tf.tensor2d([[7, 8]]) }] });
  assert.deepEqual([...one.at(hook, tf.zeros([2, 2])).dataSync()], [7, 8, 7, 8]);
  assert.throws(() => new HookRun(table, shape, { edits: [{ hook, kind: 'replace', value: tf.zeros([3]) }] }), { kind: 'mismatch', message: /\[3\].*\[1, 2, 2\]/u });
  const map = new HookRun(table, shape, { edits: [{ hook, kind: 'map', map: (x) => tf.sum(x) }] });
  assert.throws(() => map.at(hook, tf.zeros([2, 2])), { kind: 'mismatch' });
});

test('it is known whether attention is looked into', () => {
  const of = (name: string): boolean => new HookRun(table, shape, { names: [name] }).touchesAttention;
  assert.deepEqual(['blocks.0.attn.hook_q', 'blocks.0.attn.hook_pattern', 'blocks.0.attn.hook_z', 'blocks.0.hook_attn_out'].map(of), [true, true, false, false]);
});

test('in a quiet run nobody looks, and the rest is as in the run that it came from', () => {
  const run = new HookRun(table, shape, { names: [hook], edits: [{ hook, kind: 'add', value: tf.tensor1d([1, 2]) }], freezeNorms: true }, true);
  const quiet = run.quiet();
  const x = tf.ones([2, 2]);
  assert.equal(quiet.at(hook, x), x);
  assert.deepEqual([quiet.touches(hook), quiet.freezeNorms, quiet.freezePatterns, quiet.differentiable], [false, true, false, true]);
});
