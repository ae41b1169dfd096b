import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/engine/random.ts';
import { nearestDirections, packDirection, unpackDirection } from '../../../../src/main/catalog/directions.ts';
import { addDirections } from '../../../../src/main/catalog/meaning.ts';
import { findEncoder } from '../../../../src/main/catalog/tables/embeddings.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const encoder = { name: 'toy', hash: 'h', dim: 3 };

test('a direction is its scale and steps of it: (0.6, -0.8, 0) has the scale 0.8 / 127', () => {
  const packed = packDirection(Float32Array.of(0.6, -0.8, 0));
  assert.equal(packed.byteLength, 7);
  assert.ok(Math.abs(new DataView(packed.buffer).getFloat32(0, true) - 0.8 / 127) < 1e-8);
  assert.deepEqual([...new Int8Array(packed.buffer, 4)], [95, -127, 0]);
  assert.deepEqual(packDirection(new Float32Array(3)), new Uint8Array(7));
});

test('eight bits turn a cosine of 384 numbers by less than 0.005', () => {
  const random = Random.from(0);
  for (let i = 0; i < 50; i++) {
    const vector = random.normals(384);
    const length = Math.hypot(...vector);
    const unit = vector.map((value) => value / length);
    const back = unpackDirection(packDirection(unit));
    const other = random.normals(384).map((value, j) => value / 40 + unit[j]! * 0.5);
    const dot = (a: Float32Array): number => a.reduce((sum, value, j) => sum + value * other[j]!, 0);
    assert.ok(Math.abs(dot(back) - dot(unit)) < 0.005);
  }
});

test('many rows, four at a time and the rest one by one, give the products of each', () => {
  const db = smallCatalog();
  db.pragma('foreign_keys = OFF');
  const random = Random.from(4);
  const vectors = Float32Array.from(random.normals(7 * 3), (value) => value);
  for (let i = 0; i < 7; i++) {
    const length = Math.hypot(...vectors.subarray(3 * i, 3 * i + 3));
    for (let j = 0; j < 3; j++) vectors[3 * i + j]! /= length;
  }
  addDirections(db, { source: 1, encoder, vectors, texts: Array.from({ length: 7 }, (_, index) => ({ index, kind: 'examples' as const, text: '' })) });
  const hits = nearestDirections(db, findEncoder(db, 'h')!, 1, 7, Float32Array.of(0, 0, 1), 7);
  assert.equal(hits.length, 7);
  for (const { feature, cosine } of hits) assert.ok(Math.abs(cosine - vectors[3 * feature + 2]!) < 0.01);
  db.close();
});

test('the nearest come first, without those that have no text, and again when directions change', () => {
  const db = smallCatalog();
  const put = (vectors: readonly number[][]): void => void addDirections(db, {
    source: 1, encoder, vectors: Float32Array.from(vectors.flat()),
    texts: vectors.map((vector, index) => ({ index, kind: vector.every((value) => value === 0) ? 'none' : 'examples', text: '' })),
  });
  const ask = (limit: number): [number, number][] => nearestDirections(db, findEncoder(db, 'h')!, 1, 3, Float32Array.of(1, 0, 0), limit).map(({ feature, cosine }) => [feature, Math.round(100 * cosine) / 100]);
  put([[0, 1, 0], [0.6, 0.8, 0], [0, 0, 0]]);
  assert.deepEqual(ask(5), [[1, 0.6], [0, 0]]);
  assert.deepEqual(ask(1), [[1, 0.6]]);
  put([[1, 0, 0]]);
  assert.deepEqual(ask(5), [[0, 1], [1, 0.6]]);
  assert.throws(() => nearestDirections(db, findEncoder(db, 'h')!, 1, 3, Float32Array.of(1), 5), { kind: 'mismatch' });
  db.close();
});
