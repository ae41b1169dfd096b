import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import { SyntheticReadout } from '../../../../../src/engine/sae/synthetic/readout.ts';
import { SynSource } from '../../../../../src/engine/sae/synthetic/source.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';

const task = { n0: 6, d: 4, s: 2 };
const rowsOf = (x: Float32Array, d: number): Float32Array[] => Array.from({ length: x.length / d }, (_, r) => x.subarray(r * d, (r + 1) * d));

test('signed samples use both signs', async () => {
  const plain = await new SynSource({ ...task, n0: 4, s: 1 }, 1, 'syn').next(200);
  const signed = new SynSource({ ...task, n0: 4, s: 1 }, 1, 'syn-signed');
  const batch = await signed.next(200);
  // with one feature a sample, the sign of the product with its direction is that of the magnitude
  const signs = (x: Float32Array): Set<number> => new Set(rowsOf(x, 4).flatMap((row) => rowsOf(signed.directions, 4)
    .filter((v) => Math.abs(Math.abs(row.reduce((sum, value, i) => sum + value * v[i]!, 0)) - Math.hypot(...row)) < 1e-5)
    .map((v) => Math.sign(row.reduce((sum, value, i) => sum + value * v[i]!, 0)))));
  assert.deepEqual([...signs(plain.x)], [1]);
  assert.deepEqual([...signs(batch.x)].sort(), [-1, 1]);
});

test('two rotations of one code: each half has the norm of the other, the halves differ, directions are those of both', async () => {
  const source = new SynSource(task, 2, 'rotations');
  const { x } = await source.next(50);
  assert.deepEqual([source.dIn, source.sources, source.directions.length], [8, 2, 6 * 8]);
  for (const row of rowsOf(x, 8)) {
    assertClose([Math.hypot(...row.subarray(0, 4))], [Math.hypot(...row.subarray(4))], 1e-5);
    assert.ok(Math.abs(row[0]! - row[4]!) + Math.abs(row[1]! - row[5]!) > 1e-3);
  }
});

test('transcoder targets are the same code in other directions, and samples of both belong together', async () => {
  const source = new SynSource({ n0: 4, d: 4, s: 1 }, 3, 'transcoder');
  const { x, y } = await source.next(100);
  const shares = rowsOf(x, 4).map((row, r) => Math.hypot(...row) / Math.hypot(...y!.subarray(r * 4, r * 4 + 4)));
  assertClose(shares, shares.map(() => 1), 1e-5);
  assert.equal((await source.sampleTargets!(30)).length, (await source.sample(30)).length);
  for await (const part of source.heldOut()) assert.equal(part.y!.length, part.x.length);
});

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
