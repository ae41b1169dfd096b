import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { BlockWeights, ModelConfig } from '../../../../src/engine/lm/definition.ts';
import { HookTable } from '../../../../src/engine/lm/hook-names.ts';
import { HookRun } from '../../../../src/engine/lm/hook-run.ts';
import { applyMlp } from '../../../../src/engine/lm/mlp.ts';

before(() => loadBackend());
const config = { name: 'm', layers: 1, dModel: 1, heads: 1, kvHeads: 1, dHead: 1, dMlp: 2, activation: 'relu' } as ModelConfig;
const linear = (values: number[][]): BlockWeights['mlpIn'] => ({ weight: tf.tensor2d(values), layout: 'out-in', bias: null });

test('a plain MLP is act(x W) W\'', () => {
  const table = new HookTable(config, { norm: 'rms', positions: 'rotary', mlp: 'plain' });
  const weights = { mlpIn: linear([[2], [-1]]), mlpOut: linear([[1, 1]]) } as unknown as BlockWeights;
  // x = 3: pre [6, -3], relu [6, 0], out 6
  const run = new HookRun(table, { batch: 1, length: 1 }, { names: ['blocks.0.mlp.hook_pre', 'blocks.0.mlp.hook_post'] });
  assert.deepEqual([...applyMlp(tf.tensor2d([[3]]), weights, 'plain', config, run, 'blocks.0.').dataSync()], [6]);
  assert.deepEqual([...run.cache.get('blocks.0.mlp.hook_pre')!.dataSync()], [6, -3]);
  assert.deepEqual([...run.cache.get('blocks.0.mlp.hook_post')!.dataSync()], [6, 0]);
});

test('a gated MLP multiplies by the opened gate', () => {
  const table = new HookTable(config, { norm: 'rms', positions: 'rotary', mlp: 'gated' });
  const weights = { mlpIn: linear([[1], [-1], [10], [20]]), mlpOut: linear([[1, 1]]) } as unknown as BlockWeights;
  // x = 3: gate [3, -3] -> relu [3, 0]; linear [30, 60]; post [90, 0]
  const run = new HookRun(table, { batch: 1, length: 1 }, { names: ['blocks.0.mlp.hook_pre_linear'] });
  assert.deepEqual([...applyMlp(tf.tensor2d([[3]]), weights, 'gated', config, run, 'blocks.0.').dataSync()], [90]);
  assert.deepEqual([...run.cache.get('blocks.0.mlp.hook_pre_linear')!.dataSync()], [30, 60]);
});
