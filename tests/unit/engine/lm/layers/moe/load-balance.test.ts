import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { chooseExperts } from '../../../../../../src/engine/lm/layers/moe/gates.ts';
import { expertLoads, loadBalanceLoss } from '../../../../../../src/engine/lm/layers/moe/load-balance.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('it is 1 at balance, and the number of experts where one takes all', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const balanced = tf.tensor2d([[9, 0, 0], [0, 9, 0], [0, 0, 9]]);
    assertClose(loadBalanceLoss(balanced, chooseExperts(balanced, 1)).dataSync(), [1], 1e-6);
    const taken = tf.tensor2d([[90, 0, 0], [90, 0, 0]]);
    assertClose(loadBalanceLoss(taken, chooseExperts(taken, 1)).dataSync(), [3], 1e-6);
    // f = (1/2, 1/4, 1/4), P of equal scores is 1/3 each: 3 * 1/3
    const tied = tf.tensor2d([[0, 0, 0], [0, 0, 0]]);
    const choice = { experts: Int32Array.of(0, 1, 0, 2), tokens: 2, k: 2 };
    assertClose(expertLoads(choice, 3), [0.5, 0.25, 0.25], 0);
    assertClose(loadBalanceLoss(tied, choice).dataSync(), [1], 1e-6);
    // two experts, all tokens to the first, at a temperature of 2: 2 * sigmoid(4 / 2)
    const warm = tf.tensor2d([[4, 0], [4, 0]]);
    assertClose(loadBalanceLoss(warm, chooseExperts(warm, 1), 2).dataSync(), [2 / (1 + Math.exp(-2))], 1e-6);
  }));
});

test('the gradient holds the loads constant and is that of differences', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const start = Random.from(1).normals(15);
    const choice = chooseExperts(tf.tensor2d(start, [5, 3]), 2);
    const loss = (values: Float32Array): number => loadBalanceLoss(tf.tensor2d(values, [5, 3]), choice, 0.7).dataSync()[0]!;
    const gradient = tf.grad((s) => loadBalanceLoss(s as Tensor2D, choice, 0.7))(tf.tensor2d(start, [5, 3])).dataSync();
    for (const at of [0, 7, 14]) {
      const moved = (by: number): number => loss(start.map((value, i) => (i === at ? value + by : value)));
      assertClose([gradient[at]!], [(moved(0.01) - moved(-0.01)) / 0.02], 2e-4, `entry ${at}`);
    }
  }));
});
