import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { matchRows, nearestTo } from '../../../../src/engine/posthoc/match-rows.ts';
import { Random } from '../../../../src/engine/random.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

before(() => tf.setBackend('cpu'));

const rows = (...list: readonly (readonly number[])[]): { values: Float32Array; n: number } => ({ values: Float32Array.from(list.flat()), n: list.length });
const quiet = async (): Promise<void> => {};
const round = (values: Float32Array): number[] => Array.from(values, (value) => Number(value.toFixed(4)));

test('the nearest both ways, by hand: lengths do not count, signs do unless latents are signed', async () => {
  const [a, b] = [rows([2, 0], [0, 1], [-3, 0]), rows([1, 1], [5, 0])];
  const plain = await matchRows(a, b, false, quiet);
  assert.deepEqual([[...plain.aToB.at], round(plain.aToB.best)], [[1, 0, 0], [1, 0.7071, -0.7071]]);
  assert.deepEqual([[...plain.bToA.at], round(plain.bToA.best)], [[0, 0], [0.7071, 1]]);
  const signed = await matchRows(a, b, true, quiet);
  assert.deepEqual([signed.aToB.at[2], round(signed.aToB.best)[2]], [1, 1]);
});

test('over several blocks it agrees with one direction after another', async () => {
  const random = Random.from(3, 'match');
  const [a, b] = [{ values: random.normals(1030 * 4), n: 1030 }, { values: random.normals(40 * 4), n: 40 }];
  const done: number[] = [];
  const { aToB } = await matchRows(a, b, false, async (n) => void done.push(n));
  assert.deepEqual(done, [1024, 1030]);
  for (const row of [0, 511, 1024, 1029]) {
    const [best] = nearestTo(a.values.slice(row * 4, row * 4 + 4), b, 3, false);
    assert.equal(aToB.at[row], best!.index);
    assert.ok(Math.abs(aToB.best[row]! - best!.cosine) < 1e-5);
  }
});

test('the k nearest of one direction fall; a row of zeros is near to nothing', () => {
  const found = nearestTo(Float32Array.of(1, 0), rows([0, 0], [1, 0], [1, 1], [-1, 0]), 3, false);
  assert.deepEqual(found.map(({ index, cosine }) => [index, Number(cosine.toFixed(4))]), [[1, 1], [2, 0.7071], [0, 0]]);
  assert.deepEqual(nearestTo(Float32Array.of(1, 0), rows([0.1, 1], [-1, 0]), 1, true).map(({ index, cosine }) => [index, cosine]), [[1, -1]]);
});

test('other widths, and a stop between two blocks', async () => {
  await assert.rejects(matchRows(rows([1, 0]), rows([1, 0, 0]), false, quiet), (error: unknown) => error instanceof LoupeError && error.kind === 'mismatch');
  await assert.rejects(matchRows(rows([1, 0]), rows([1, 0]), false, async () => { throw new LoupeError('cancelled', 'stop'); }), /stop/);
});
