import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFinite, requireShapes, shapeOf } from '../../../../src/engine/formats/tensor-source.ts';
import type { TensorSource } from '../../../../src/engine/formats/tensor-source.ts';

const source: TensorSource = {
  path: 'file', entries: new Map([['W_enc', { shape: [2, 3] }], ['b_encc', { shape: [3] }], ['bad', { shape: [2] }], ['empty', { shape: [0, 3] }]]),
  readFloat32: (name) => (name === 'bad' ? Float32Array.of(1, Number.NEGATIVE_INFINITY) : Float32Array.of(1, 2, 3)), close: () => {},
};

test('a missing tensor is named with its shape and the nearest name that means nothing else', () => {
  const check = (shapes: Readonly<Record<string, readonly number[]>>): void => requireShapes(source, shapes, 'the reader', 'd_in and d_sae');
  check({ W_enc: [2, 3] });
  assert.throws(() => check({ W_enc: [2, 3], b_enc: [3] }), { kind: 'bad-file', message: 'file has no tensor b_enc [3], which the reader needs; the nearest is b_encc.' });
  assert.throws(() => check({ W_enc: [2, 3], W_dec: [3, 2] }), { kind: 'bad-file', message: /no tensor W_dec \[3, 2\].*it has W_enc, b_encc/ });
  assert.throws(() => check({ W_enc: [3, 2] }), { kind: 'bad-file', message: 'file: W_enc is [2, 3], and d_in and d_sae want [3, 2]. It looks transposed.' });
  assert.throws(() => check({ W_enc: [4, 3] }), { kind: 'bad-file', message: /want \[4, 3\]\.$/ });
});

test('sizes are read of the rank that is wanted, and none is 0', () => {
  assert.deepEqual(shapeOf(source, 'W_enc', 2, 'it'), [2, 3]);
  assert.throws(() => shapeOf(source, 'W_enc', 3, 'it'), { kind: 'bad-file', message: /needs 3 sizes/ });
  assert.throws(() => shapeOf(source, 'empty', 2, 'it'), { kind: 'bad-file', message: /none of them 0/ });
  assert.throws(() => shapeOf(source, 'W_encc', 2, 'it'), { kind: 'bad-file', message: /nearest is W_enc/ });
});

test('infinite values are found by their place', () => {
  assert.deepEqual([...readFinite(source, 'W_enc')], [1, 2, 3]);
  assert.throws(() => readFinite(source, 'bad'), { kind: 'not-finite', message: /bad holds -Infinity at element 1/ });
});
