import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import { SyntheticReadout } from '../../../../../src/engine/sae/synthetic/readout.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';

test('the gradient of the readout is that of finite differences', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const readout = new SyntheticReadout(4, 7);
    const x = Random.from(1).normals(12);
    const gradient = readout.gradients(x, 3, Random.from(5));
    const labels = (): Random => Random.from(5);
    const uniform = labels();
    const draws = Array.from({ length: 3 }, () => uniform.uniform());
    const probabilities = tf.softmax(readout.run(tf.tensor2d(x, [3, 4])).logits).arraySync() as number[][];
    const chosen = probabilities.map((row, r) => { let sum = 0; return row.findIndex((p) => (sum += p) > draws[r]!); });
    const loss = (values: Float32Array): number => (tf.logSoftmax(readout.run(tf.tensor2d(values, [3, 4]) as Tensor2D).logits).arraySync() as number[][])
      .reduce((sum, row, r) => sum - row[chosen[r]!]!, 0);
    for (const i of [0, 5, 11]) {
      const moved = (by: number): number => loss(x.map((v, j) => (j === i ? v + by : v)));
      assertClose([gradient[i]!], [(moved(1e-2) - moved(-1e-2)) / 2e-2], 2e-2, `entry ${i}`);
    }
  }));
});
