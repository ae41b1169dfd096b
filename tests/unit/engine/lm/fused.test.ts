import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { executeNative, hasNative } from '../../../../src/engine/backend/native-binding.ts';
import { activate } from '../../../../src/engine/lm/activations.ts';
import { canFuse, differentiableAttention, fusedAddRmsNorm, fusedAttention, fusedRmsNorm, fusedSiluGate } from '../../../../src/engine/lm/fused.ts';
import { rotate } from '../../../../src/engine/lm/rope.ts';
import { Random } from '../../../../src/engine/random.ts';
import { largestDifference } from '../../../support/lm-fixtures.ts';
import { absent } from '../../../support/backend.ts';

const skip = await absent('tensorflow');
before(async () => {
  if (skip === false) await loadBackend('tensorflow');
});
const random = Random.from(11);
const normals = (shape: number[], scale = 1): tf.Tensor => tf.tensor(random.normals(shape.reduce((a, b) => a * b, 1), scale), shape);
const equal = (a: tf.Tensor, b: tf.Tensor, tolerance: number): void => {
  assert.deepEqual(a.shape, b.shape);
  const difference = largestDifference(a.dataSync(), b.dataSync());
  assert.ok(difference <= tolerance, `differ by ${difference}`);
};

test('the kernels are built, and gradients forbid them', { skip }, () => {
  for (const op of ['LoupeRmsNorm', 'LoupeAddRmsNorm', 'LoupeSiluGate', 'LoupeAttention', 'LoupeAttentionGrad']) {
    assert.ok(hasNative(op), op);
    assert.equal(canFuse(op, { differentiable: true }), false);
  }
});

for (const d of [1, 15, 16, 33, 576]) {
  test(`RMSNorm of width ${d} equals its twin, alone and behind an addition`, { skip }, () => {
    const [a, b, weight] = [normals([37, d], 3), normals([37, d]), normals([d])] as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
    const twin = (x: tf.Tensor): tf.Tensor => tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), 1, true), 1e-5))), weight);
    equal(fusedRmsNorm(a, weight, 1e-5), twin(a), 2e-5);
    const [sum, out] = fusedAddRmsNorm(a, b, weight, 1e-5);
    equal(sum, tf.add(a, b), 0);
    equal(out, twin(tf.add(a, b)), 2e-5);
  });
}

for (const d of [1, 7, 16, 100]) {
  test(`the SiLU gate of width ${d} equals its twin, far out too`, { skip }, () => {
    const hidden = normals([19, 2 * d], 30) as tf.Tensor2D;
    const [gate, linear] = tf.split(hidden, 2, 1);
    const twin = tf.mul(activate(gate!, 'silu'), linear!);
    equal(tf.div(fusedSiluGate(hidden), tf.add(tf.abs(twin), 1)), tf.div(twin, tf.add(tf.abs(twin), 1)), 1e-6);
  });
}

interface Case { batch: number; length: number; heads: number; kvHeads: number; dHead: number; rotary: boolean; documents: boolean }

/** Attention in stock ops, one key head at a time; float32 [batch * length, heads * dHead]. */
function twinAttention(qkv: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor, documents: number[] | null, c: Case): tf.Tensor {
  const { batch, length, heads, kvHeads, dHead } = c;
  const parts = tf.split(qkv, [heads * dHead, kvHeads * dHead, kvHeads * dHead], 1);
  const turn = (x: tf.Tensor, n: number): tf.Tensor4D => {
    const shaped = tf.reshape(x, [batch, length, n, dHead]) as tf.Tensor4D;
    return c.rotary ? rotate(shaped, tf.expandDims(cos, 1), tf.expandDims(sin, 1)) : shaped;
  };
  const repeat = (x: tf.Tensor4D): tf.Tensor => tf.gather(x, tf.tensor1d(Array.from({ length: heads }, (_, head) => Math.floor((head * kvHeads) / heads)), 'int32'), 2);
  const byHead = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 2, 1, 3]) as tf.Tensor4D;
  const [q, k, v] = [byHead(turn(parts[0]!, heads)), byHead(repeat(turn(parts[1]!, kvHeads))), byHead(repeat(tf.reshape(parts[2]!, [batch, length, kvHeads, dHead]) as tf.Tensor4D))];
  const allowed = Float32Array.from({ length: batch * length * length }, (_, i) => {
    const [b, t, s] = [Math.floor(i / (length * length)), Math.floor(i / length) % length, i % length];
    return s <= t && (documents === null || documents[b! * length + t!] === documents[b! * length + s!]) ? 0 : -Infinity;
  });
  const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(dHead)), tf.tensor(allowed, [batch, 1, length, length]));
  return tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores, 3), v), [0, 2, 1, 3]), [batch * length, heads * dHead]);
}

const cases: Case[] = [
  { batch: 1, length: 1, heads: 1, kvHeads: 1, dHead: 2, rotary: true, documents: false },
  { batch: 2, length: 5, heads: 6, kvHeads: 2, dHead: 4, rotary: true, documents: false },
  { batch: 2, length: 67, heads: 4, kvHeads: 4, dHead: 24, rotary: false, documents: false },
  { batch: 3, length: 130, heads: 9, kvHeads: 3, dHead: 64, rotary: true, documents: true },
  { batch: 1, length: 200, heads: 2, kvHeads: 1, dHead: 80, rotary: true, documents: false },
  { batch: 1, length: 64, heads: 2, kvHeads: 2, dHead: 128, rotary: true, documents: true },
  { batch: 2, length: 33, heads: 3, kvHeads: 1, dHead: 7, rotary: false, documents: true },
];
for (const c of cases) {
  test(`attention equals its twin: ${Object.entries(c).map(([key, value]) => `${key} ${value}`).join(', ')}`, { skip }, () => {
    const qkv = normals([c.batch * c.length, (c.heads + 2 * c.kvHeads) * c.dHead], 2) as tf.Tensor2D;
    const angles = random.normals((c.length * c.dHead) >> 1, 3);
    const table = (f: (x: number) => number): tf.Tensor2D => (c.rotary ? tf.tensor2d(angles.map(f), [c.length, c.dHead / 2]) : (tf.zeros([0, 0]) as tf.Tensor2D));
    const documents = c.documents ? Array.from({ length: c.batch * c.length }, (_, i) => Math.floor((i % c.length) / 13)) : null;
    const numbers = documents === null ? tf.zeros([0], 'int32') : tf.tensor1d(documents, 'int32');
    const [cos, sin] = [table(Math.cos), table(Math.sin)];
    equal(fusedAttention(qkv, cos, sin, numbers as tf.Tensor1D, c), twinAttention(qkv, cos, sin, documents, c), 3e-5);
    const dz = normals([c.batch * c.length, c.heads * c.dHead]);
    const slope = (attend: (x: tf.Tensor) => tf.Tensor): tf.Tensor => tf.grad((x) => tf.sum(tf.mul(attend(x), dz)))(qkv);
    const [own, twin] = [slope((x) => differentiableAttention(x as tf.Tensor2D, cos, sin, numbers as tf.Tensor1D, c)), slope((x) => twinAttention(x, cos, sin, documents, c))];
    assert.ok(c.length === 1 || Number(tf.max(tf.abs(twin)).dataSync()[0]) > 0.1);
    equal(own, twin, 2e-4);
  });
}

test('one row of a batch does not depend on the others, bit for bit', { skip }, () => {
  const qkv = normals([2 * 40, 3 * 16]) as tf.Tensor2D;
  const shape = { batch: 2, length: 40, heads: 1, kvHeads: 1 };
  const [none, nobody] = [tf.zeros([0, 0]) as tf.Tensor2D, tf.zeros([0], 'int32') as tf.Tensor1D];
  const both = fusedAttention(qkv, none, none, nobody, shape);
  const second = fusedAttention(tf.slice(qkv, [40, 0], [40, 48]), none, none, nobody, { ...shape, batch: 1 });
  assert.deepEqual(tf.slice(both, [40, 0], [40, 16]).dataSync(), second.dataSync());
});

test('wrong shapes are refused by the argument\'s name', { skip }, () => {
  const shape = { batch: 1, length: 4, heads: 2, kvHeads: 1 };
  const [none, nobody] = [tf.zeros([0, 0]) as tf.Tensor2D, tf.zeros([0], 'int32') as tf.Tensor1D];
  assert.throws(() => fusedAttention(tf.zeros([5, 16]), none, none, nobody, shape), /qkv/u);
  assert.throws(() => fusedAttention(tf.zeros([4, 17]), none, none, nobody, shape), /qkv/u);
  assert.throws(() => fusedAttention(tf.zeros([4, 16]), tf.zeros([3, 2]), tf.zeros([3, 2]), nobody, shape), /cos/u);
  assert.throws(() => fusedAttention(tf.zeros([4, 16]), none, none, tf.zeros([3], 'int32'), shape), /documents/u);
  const attrs = { batch: { int: 1 }, length: { int: 4 }, heads: { int: 2 }, kv_heads: { int: 1 } };
  assert.throws(() => executeNative('LoupeAttentionGrad', attrs, [tf.zeros([4, 16]), none, none, nobody, tf.zeros([4, 4])], 1), /dz/u);
  assert.throws(() => fusedRmsNorm(tf.zeros([2, 3]), tf.zeros([4]), 1e-5), /weight/u);
  assert.throws(() => fusedSiluGate(tf.zeros([2, 3])), /hidden/u);
});
