import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { resolveTraining } from '../../../../src/engine/train/config.ts';
import { Diagnostics } from '../../../../src/engine/train/diagnostics.ts';
import type { Trainer } from '../../../../src/engine/train/trainer.ts';
import { useCpu } from '../../../support/fake-model.ts';
import { assertClose } from '../../../support/closeness.ts';
import { smallConfig } from '../../../support/trained.ts';

/** A trainer that only answers what diagnostics ask. */
function stub(since: readonly number[], wDec: number[][], threshold?: readonly number[]): Trainer {
  return {
    sinceFired: () => Int32Array.from(since),
    weights: () => ({ wDec: tf.tensor2d(wDec), ...(threshold === undefined ? {} : { threshold: tf.tensor1d([...threshold]) }) }),
  } as unknown as Trainer;
}

test('dead latents are told apart: those that never fired and those that stopped; decoder rows off norm 1 are seen', async () => {
  await useCpu();
  const config = smallConfig('/out', { deadWindow: 100 });
  const diagnostics = new Diagnostics(config, resolveTraining(config));
  const figures = diagnostics.look(stub([0, 99, 100, 300], [[1, 0], [0, 1], [0.6, 0.8], [0, 1.5]]), 300);
  assertClose([figures.dead, figures.deadNever, figures.deadStopped, figures.decoderDrift!], [0.5, 0.25, 0.25, 0.5], 1e-6);
  assert.equal(figures.thresholdMoved, undefined);
});

test('the movement of thresholds is a share of their size, from the second look on', async () => {
  await useCpu();
  const config = smallConfig('/out');
  const diagnostics = new Diagnostics(config, resolveTraining(config));
  assert.equal(diagnostics.look(stub([0], [[1, 0]], [1, 2]), 1).thresholdMoved, undefined);
  assertClose([diagnostics.look(stub([0], [[1, 0]], [2, 2]), 1).thresholdMoved!], [0.25], 1e-6);
});

test('a warning is kept with its step, and the last one is at hand', () => {
  const config = smallConfig('/out');
  const diagnostics = new Diagnostics(config, resolveTraining(config));
  assert.equal(diagnostics.latest, null);
  assert.equal(diagnostics.warnings(30, { fvu: 1.5, l0: 3 }).length, 1);
  assert.deepEqual(diagnostics.said.map(({ step }) => step), [30]);
  assert.match(diagnostics.latest!, /FVU is 1\.50/);
});
