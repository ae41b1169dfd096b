import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import type { Weights } from '../../../../src/engine/sae/definition.ts';
import { resampledLatents, resamplesNow } from '../../../../src/engine/sae/resampling.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const [dIn, dSae, rows] = [4, 6, 5];
const alive = [0, 2, 4];

/** Encoder rows of norm 2, moments of 1, and counters as Adam's cells hold them. */
function state(): Weights {
  const unit = tf.tensor2d(Random.from(1).normals(dSae * dIn), [dSae, dIn]);
  const wEnc = tf.mul(tf.div(unit, tf.norm(unit, 2, 1, true)), 2);
  const ones = Object.fromEntries(['wEnc', 'wDec'].flatMap((name) => [[`${name}.m`, tf.ones([dSae, dIn])], [`${name}.v`, tf.ones([dSae, dIn])]]));
  return { wEnc, wDec: unit, bEnc: tf.ones([dSae]), ...ones, 'bEnc.m': tf.ones([dSae]), 'bEnc.v': tf.ones([dSae]), 'bDec.m': tf.ones([dIn]), sinceFired: tf.fill([dSae], 9, 'int32') };
}

const dead = (): Tensor1D => tf.tensor1d([0, 1, 0, 1, 0, 1]);

test('exactly the rows, biases, moments and counters of dead latents start anew', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const before = state();
    const x = tf.tensor2d(Random.from(2).normals(rows * dIn), [rows, dIn]);
    const after = resampledLatents(before, x, tf.zerosLike(x), dead(), Random.from(3));
    const names = ['wEnc', 'wDec', 'bEnc'].flatMap((name) => [name, `${name}.m`, `${name}.v`]);
    assert.deepEqual(Object.keys(after).sort(), [...names, 'sinceFired'].sort());
    for (const [name, tensor] of Object.entries(after)) {
      const width = tensor.size / dSae;
      const [now, then] = [tensor.dataSync(), before[name]!.dataSync()];
      for (let j = 0; j < dSae; j++) {
        const [fresh, old] = [now, then].map((values) => [...values.slice(j * width, (j + 1) * width)]);
        if (alive.includes(j)) assert.deepEqual(fresh, old, `${name}[${j}]`);
        else if (/\.|bEnc|since/.test(name)) assert.ok(fresh!.every((value) => value === 0), `${name}[${j}]`);
      }
    }
    assertClose(tf.norm(after['wDec']!, 2, 1).dataSync().filter((_, j) => !alive.includes(j)), [1, 1, 1], 1e-6);
    // 0.2 of the mean norm of living rows, which is 2
    assertClose(tf.norm(after['wEnc']!, 2, 1).dataSync().filter((_, j) => !alive.includes(j)), [0.4, 0.4, 0.4], 1e-6);
  }));
});

test('inputs are drawn in proportion to the square of their loss, each once while there are enough', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // rows are unit vectors, so that a decoder row names the input it came from; squared errors 1 and 3 give weights 1 and 9
    const x = tf.tensor2d([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]) as Tensor2D;
    const wrong = tf.tensor2d([[1, 1, 0, 0], [0, 1, Math.sqrt(3), 0], [0, 0, 1, 0]]) as Tensor2D;
    const one = tf.tensor1d([0, 1, 0, 0, 0, 0]);
    const counts = [0, 0, 0];
    for (let seed = 0; seed < 300; seed++) {
      const row = tf.tidy(() => [...resampledLatents(state(), x, wrong, one, Random.from(seed))['wDec']!.dataSync().slice(dIn, dIn + 3)]);
      counts[row.indexOf(1)]!++;
    }
    assert.equal(counts[2], 0);
    // 30 of 300, standard deviation 5.2
    assert.ok(Math.abs(counts[0]! - 30) < 21, String(counts));
    const two = resampledLatents(state(), x, wrong, tf.tensor1d([0, 1, 0, 1, 0, 0]), Random.from(1))['wDec']!.dataSync();
    assert.notDeepEqual(two.slice(dIn, 2 * dIn), two.slice(3 * dIn, 4 * dIn));
  }));
});

test('four times over the first half of a run, as 25, 50, 75 and 100 of 200 thousand', () => {
  const steps = Array.from({ length: 200 }, (_, step) => step).filter((step) => resamplesNow({ step, steps: 200 }, 4));
  assert.deepEqual(steps, [24, 49, 74, 99]);
  assert.ok(!Array.from({ length: 200 }, (_, step) => step).some((step) => resamplesNow({ step, steps: 200 }, 0)));
});
