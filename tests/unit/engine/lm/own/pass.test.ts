import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { attentionInputs } from '../../../../../src/engine/lm/attention-inputs.ts';
import type { OwnBlocks } from '../../../../../src/engine/lm/definition.ts';
import { HookTable } from '../../../../../src/engine/lm/hook-names.ts';
import { HookRun } from '../../../../../src/engine/lm/hook-run.ts';
import { defineLayer } from '../../../../../src/engine/lm/layers/definition.ts';
import { modelConfig } from '../../../../../src/engine/lm/own/files.ts';
import { disposeTrainingPass, OwnPass, type TrainingPass } from '../../../../../src/engine/lm/own/pass.ts';
import { loupe } from '../../../../../src/engine/lm/models/loupe.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { tinyShape } from '../../../../support/own-models.ts';

before(() => loadBackend());
const shape = tinyShape('dense');
const config = modelConfig(shape, 'tiny', []);
const table = new HookTable(config, loupe.architecture);

/** The first block leaves what it read; the second adds that to what it reads, reports a loss and a measurement, and moves a statistic. */
const echo = defineLayer({
  id: 'echo', title: 'Echo', paper: null, config: z.strictObject({}), parameters: () => ({}), units: () => 1, sharesFrom: () => 0, unitNames: () => ({ pattern: '{n}', width: null }), writes: () => 'an echo has none', active: () => 0,
  forward(x, _weights, _config, pass) {
    if (pass.layer === 0) pass.share('read', x);
    const y = (pass.layer === 0 ? x : tf.add(x, pass.shared('read', 0))) as Tensor2D;
    pass.update('mean', tf.scalar(pass.layer));
    return { y, losses: { size: tf.mean(y) }, figures: { seen: tf.tensor1d([pass.layer, 7]) } };
  },
});
/** Nothing around the layer. */
const own: OwnBlocks = { kind: echo, form: { parameters: () => ({}), apply: (x, _weights, layer) => layer(x) }, config: {}, size: shape.size, blocks: [{}, {}] };

function passOf(training: TrainingPass | null): OwnPass {
  const span = { batch: 1, length: 1, past: 0 };
  return new OwnPass(own, config, new HookRun(table, { batch: 1, length: 1 }, {}), attentionInputs(config, null, span, false), null, training);
}

const x = (): Tensor2D => tf.fill([1, 16], 3);

test('what a block shares outlives its scope, and goes with the pass', () => {
  const before = tf.memory().numTensors;
  const value = x();
  const pass = passOf(null);
  const first = tf.tidy(() => pass.block(0, value));
  const second = tf.tidy(() => pass.block(1, first));
  assert.equal(second.dataSync()[0], 6);
  pass.dispose();
  tf.dispose([value, first, second]);
  assert.equal(tf.memory().numTensors, before);
});

test('a pass that begins behind the block that shares runs up to it first, and nobody looks meanwhile', () => {
  const pass = passOf(null);
  pass.prepare(1, () => tf.fill([1, 16], 5));
  // 3 of the pass, and 5 that block 0 read
  assert.equal(tf.tidy(() => pass.block(1, x())).dataSync()[0], 8);
  pass.dispose();
});

test('reading what no block left is a defect', () => {
  assert.throws(() => tf.tidy(() => passOf(null).block(1, x())), { kind: 'defect', message: /block 1 of echo reads read of block 0/u });
});

test('losses, measurements and statistics are kept while training, and freed together', () => {
  const before = tf.memory().numTensors;
  const training: TrainingPass = { random: Random.from(1), losses: [], figures: new Map(), updates: new Map() };
  const value = x();
  const pass = passOf(training);
  const first = tf.tidy(() => pass.block(0, value));
  tf.tidy(() => void pass.block(1, first));
  assert.deepEqual(training.losses.map(({ layer, name, value: loss }) => [layer, name, loss.dataSync()[0]]), [[0, 'size', 3], [1, 'size', 6]]);
  assert.deepEqual([...training.figures].map(([name, figure]) => [name, [...figure.dataSync()]]), [['blocks.0.seen', [0, 7]], ['blocks.1.seen', [1, 7]]]);
  assert.deepEqual([...training.updates.keys()], ['blocks.0.mean', 'blocks.1.mean']);
  pass.dispose();
  disposeTrainingPass(training);
  tf.dispose([value, first]);
  assert.equal(tf.memory().numTensors, before);
});
