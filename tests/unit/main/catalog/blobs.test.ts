import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asInt32, asUint32, bytesOf, dequantise, expandDocuments, packCounts, packDocuments, packPairs, quantise, unpackCounts, unpackPairs } from '../../../../src/main/catalog/blobs.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

test('integers survive as bytes, from any offset', () => {
  const bytes = bytesOf(Int32Array.of(9, -1, 2 ** 31 - 1));
  assert.deepEqual([...asInt32(bytes.subarray(4))], [-1, 2 ** 31 - 1]);
  assert.deepEqual([...asUint32(bytes.subarray(4, 8))], [2 ** 32 - 1]);
});

test('ids and values share a blob: 4 bytes an id, then 4 a value', () => {
  const packed = packPairs(Int32Array.of(7, 8), Float32Array.of(0.5, -2));
  assert.equal(packed.byteLength, 16);
  assert.deepEqual(unpackPairs(packed), { ids: Int32Array.of(7, 8), values: Float32Array.of(0.5, -2) });
  assert.throws(() => packPairs(Int32Array.of(1), new Float32Array(2)), LoupeError);
});

test('documents are runs of (first position, document)', () => {
  const documents = Int32Array.of(4, 4, 4, 9, 9, 4);
  const runs = packDocuments(documents);
  assert.deepEqual([...runs], [0, 4, 3, 9, 5, 4]);
  assert.deepEqual(expandDocuments(runs, 6), documents);
});

test('runs that lie outside the context, in a file from elsewhere, write nowhere', () => {
  assert.deepEqual([...expandDocuments(Int32Array.of(-5, 1, 2, 7, 99, 8), 4)], [1, 1, 7, 7]);
});

test('activations become steps of maximum / 255, and a firing is never rounded to nothing', () => {
  // 255 * 1/2 = 127.5 -> 128; 255 * 0.001/2 = 0.13 -> 1, not 0.
  assert.deepEqual([...quantise(Float32Array.of(0, 2, 1, 0.001), 2)], [0, 255, 128, 1]);
  assert.deepEqual([...quantise(Float32Array.of(0, 0), 0)], [0, 0]);
});

test('with both signs the bytes are int8, in steps of maximum / 127', () => {
  // 127 * 1/2 = 63.5 -> 64; -0.001 is never rounded to nothing.
  const bytes = quantise(Float32Array.of(0, -2, 1, -0.001), 2, true);
  assert.deepEqual([...new Int8Array(bytes.buffer)], [0, -127, 64, -1]);
  assert.deepEqual([...dequantise(bytes, 2, true)], [0, -2, Math.fround((64 * 2) / 127), Math.fround(-2 / 127)]);
  assert.deepEqual([...dequantise(Uint8Array.of(255, 51), 5, false)], [5, 1]);
  // A sign that a feature without one cannot have is left out.
  assert.deepEqual([...quantise(Float32Array.of(-1, 2), 2)], [0, 255]);
});

test('ids and counts share a blob', () => {
  const packed = packCounts(Int32Array.of(7, 8), Int32Array.of(3, 1));
  assert.deepEqual(unpackCounts(packed), { ids: Int32Array.of(7, 8), counts: Int32Array.of(3, 1) });
  assert.throws(() => packCounts(Int32Array.of(1), new Int32Array(2)), LoupeError);
});
