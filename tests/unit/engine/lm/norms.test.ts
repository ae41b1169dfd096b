import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { ModelConfig } from '../../../../src/engine/lm/definition.ts';
import { HookTable } from '../../../../src/engine/lm/hook-names.ts';
import { HookRun } from '../../../../src/engine/lm/hook-run.ts';
import { applyNorm } from '../../../../src/engine/lm/norms.ts';

before(() => loadBackend());
const table = new HookTable({ name: 'm', layers: 1, dModel: 2, heads: 1, kvHeads: 1, dHead: 2, dMlp: 3 } as ModelConfig, { norm: 'rms', positions: 'rotary', mlp: 'gated' });
const run = (names: string[] = [], differentiable = false): HookRun => new HookRun(table, { batch: 1, length: 1 }, { names }, differentiable);
const near = (a: Iterable<number>, b: number[]): void => [...a].forEach((x, i) => assert.ok(Math.abs(x - b[i]!) < 1e-5, `${[...a]} for ${b}`));

test('RMSNorm divides by the root mean square and weighs', () => {
  // [3, 4]: mean square 12.5, root 3.535534 -> 0.848528, 1.131371; times [2, -1]
  const norm = { weight: tf.tensor1d([2, -1]), bias: null };
  near(applyNorm(tf.tensor2d([[3, 4]]), norm, 'rms', 0, run(), 'ln_final').dataSync(), [1.697056, -1.131371]);
  near(applyNorm(tf.tensor2d([[3, 4]]), norm, 'rms', 0, run([], true), 'ln_final').dataSync(), [1.697056, -1.131371]);
});

test('LayerNorm takes the mean away first and adds the bias', () => {
  // [3, 5]: centred [-1, 1], scale 1
  const norm = { weight: tf.tensor1d([2, 3]), bias: tf.tensor1d([10, 20]) };
  near(applyNorm(tf.tensor2d([[3, 5]]), norm, 'layer', 0, run(), 'ln_final').dataSync(), [8, 23]);
});

test('the hooks hold the scale, and the value before the weight', () => {
  const hooked = run(['ln_final.hook_scale', 'ln_final.hook_normalized']);
  applyNorm(tf.tensor2d([[3, 4]]), { weight: tf.tensor1d([2, -1]), bias: null }, 'rms', 0, hooked, 'ln_final');
  near(hooked.cache.get('ln_final.hook_scale')!.dataSync(), [3.535534]);
  near(hooked.cache.get('ln_final.hook_normalized')!.dataSync(), [0.848528, 1.131371]);
});
