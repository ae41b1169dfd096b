import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { wideOutput } from '../../../../../../src/engine/lm/layers/moe/experts.ts';
import { applyMoeX, moeXCode } from '../../../../../../src/engine/lm/layers/moe/moe-x.ts';
import { moeXShift } from '../../../../../../src/engine/lm/layers/moe/parameters.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend, useBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { startExperts, trainToyMoeX } from '../../../../../support/toy-domains.ts';

const shape = { experts: 8, width: 32, dModel: 24, layers: 4 };
const config = { k: 2, temperature: 1, activation: 'relu' } as const;
const input = (rows: number): Tensor2D => tf.tensor2d(Random.from(9).normals(rows * shape.dModel), [rows, shape.dModel]);

test('the output is the decoded code, k experts of it fire, and no tensor is left after ten passes', async (t) => {
  await eachBackend(t, () => {
    const weights = startExperts(shape, Random.from(1), moeXShift);
    const before = tf.memory().numTensors;
    for (let pass = 0; pass < 10; pass++) {
      tf.tidy(() => {
        const x = input(40);
        const { output, routing } = applyMoeX(x, weights, config);
        const code = moeXCode(x, weights, config);
        assertClose(output.dataSync(), wideOutput(code, weights).dataSync(), 1e-6);
        const firing = tf.any(tf.greater(tf.reshape(code, [40, shape.experts, shape.width]), 0), 2);
        assert.ok(tf.sum(tf.cast(firing, 'int32'), 1).dataSync().every((n) => n === 2));
        assertClose(tf.sum(routing.gates, 1).dataSync(), new Float32Array(40).fill(1), 1e-6);
      });
    }
    assert.equal(tf.memory().numTensors, before);
    tf.dispose(Object.values(weights).filter((value): value is Tensor => value !== null));
  });
});

// A-T4: tensorflow alone, as 300 steps take long elsewhere
test('on four domains with a balance weight of 0.01 no expert takes half of the choices after 300 steps', async (t) => {
  await useBackend('tensorflow');
  const balanced = trainToyMoeX({ balance: 0.01, steps: 300, seed: 1 });
  const free = trainToyMoeX({ balance: 0, steps: 300, seed: 1 });
  const largest = (loads: ArrayLike<number>): number => Math.max(...Array.from(loads));
  t.diagnostic(`loss ${balanced.first.toFixed(3)} to ${balanced.last.toFixed(3)}; largest load ${largest(balanced.loads).toFixed(3)}; without the balance loss ${largest(free.loads).toFixed(3)}, loss ${free.last.toFixed(3)}`);
  assert.ok(balanced.last < 0.7 * balanced.first);
  assert.ok(largest(balanced.loads) < 0.5);
});
