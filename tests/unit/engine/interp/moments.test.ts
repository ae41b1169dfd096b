/** Correlations that come of these sums are recomputed by brute force in statistics.test.ts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { encodeStore } from '../../../../src/engine/interp/encode-pass.ts';
import { gatherMoments, kernelProducts, plainProducts, readMoments } from '../../../../src/engine/interp/moments.ts';
import { Random } from '../../../../src/engine/random.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { eachBackend } from '../../../support/backends.ts';
import { fakeDictionary, fakeStore, hook } from '../../../support/fake-statistics.ts';

const sizes = { contexts: 900, contextLength: 96, dIn: 4, dSae: 6, k: 2, vocab: 50 };
const wide = { dSae: sizes.dSae, d: sizes.dIn };
const folder = mkdtempSync(join(tmpdir(), 'loupe-moments-'));
const quiet = { signal: new AbortController().signal, progress: () => {} };
after(() => rmSync(folder, { recursive: true }));

test('products add up firing by firing', () => {
  // Feature 0 fires on rows 0 (2) and 1 (-1), feature 1 on row 1 (3); x is (1, 10) and (2, 20).
  const products = Float32Array.of(0, 0, 1, 1);
  plainProducts({ offsets: Int32Array.of(0, 2, 3), rows: Int32Array.of(0, 1, 1), values: Float32Array.of(2, -1, 3) }, Float32Array.of(1, 10, 2, 20), 2, products);
  assert.deepEqual([...products], [0, 0, 7, 61]);
});

test('stopped after each block and run again, the sums are the same bits; a finished pass does nothing', async () => {
  await tf.setBackend('cpu');
  const store = fakeStore(sizes);
  const plan = await encodeStore(store, hook, fakeDictionary(sizes), folder, quiet);
  assert.equal(plan.blocks, 3);
  const whole = await gatherMoments(store, hook, wide, folder, plan, quiet);
  rmSync(join(folder, 'moments.safetensors'));
  let stops = 0;
  for (let done = false; !done; stops++) {
    const stop = new AbortController();
    const context = { signal: stop.signal, progress: () => stop.abort() };
    await gatherMoments(store, hook, wide, folder, plan, context).then(() => { done = true; }, (error: unknown) => assert.ok(error instanceof LoupeError && error.kind === 'cancelled'));
  }
  assert.equal(stops, 3);
  assert.deepEqual(readMoments(folder, sizes.dSae, sizes.dIn), whole);
  assert.deepEqual(await gatherMoments({ ...store, activations: () => { throw new Error('read again'); } }, hook, wide, folder, plan, quiet), whole);
});

test('without dimensions the activations are not read, and the sums of features are the same', async () => {
  await tf.setBackend('cpu');
  const alone = mkdtempSync(join(tmpdir(), 'loupe-moments-'));
  try {
    const plan = await encodeStore(fakeStore(sizes), hook, fakeDictionary(sizes), alone, quiet);
    const all = await gatherMoments(fakeStore(sizes), hook, wide, alone, plan, quiet);
    rmSync(join(alone, 'moments.safetensors'));
    const unread = { ...fakeStore(sizes), activations: () => { throw new Error('read'); } };
    const own = await gatherMoments(unread, hook, { ...wide, d: 0 }, alone, plan, quiet);
    assert.deepEqual([own.sums, own.squares, own.products.length], [all.sums, all.squares, 0]);
    assert.deepEqual(readMoments(alone, sizes.dSae, 0), own);
  } finally {
    rmSync(alone, { recursive: true });
  }
});

test('the op and the plain loop agree, in slices of features, a silent one among them', async (t) => {
  const random = Random.from(7, 'moments');
  const [rows, d] = [40, 5];
  const x = random.normals(rows * d);
  const offsets = Int32Array.of(0, 3, 3, 40, 41);
  const codes = { offsets, rows: Int32Array.from({ length: 41 }, () => random.integer(rows)), values: random.normals(41) };
  const plain = new Float32Array(4 * d).fill(1);
  plainProducts(codes, x, d, plain);
  await eachBackend(t, () => {
    const before = tf.memory().numTensors;
    const products = new Float32Array(4 * d).fill(1);
    kernelProducts(codes, x, d, products, 2);
    // Sums of at most 37 float32 products of unit normals.
    products.forEach((value, i) => assert.ok(Math.abs(value - plain[i]!) < 1e-5, `${i}: ${value} and ${plain[i]}`));
    assert.equal(tf.memory().numTensors, before);
  });
});
