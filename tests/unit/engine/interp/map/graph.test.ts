import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzyGraph, strengths } from '../../../../../src/engine/interp/map/graph.ts';

const table = (n: number, k: number, ids: number[], distances: number[]) => ({ n, k, ids: Int32Array.from(ids), distances: Float32Array.from(distances) });

test('the nearest is tied with 1, and the strengths of a point sum to log2(k)', () => {
  const [a, b, c, d] = strengths(table(1, 4, [1, 2, 3, 4], [0.1, 0.2, 0.4, 0.8]));
  assert.equal(a, 1);
  assert.ok(b! > c! && c! > d! && d! > 0);
  assert.ok(Math.abs(a! + b! + c! + d! - 2) < 1e-4);
});

test('neighbours that are equally far, and those at no distance, are tied with 1', () => {
  assert.deepEqual([...strengths(table(1, 3, [1, 2, 3], [0.5, 0.5, 0.5]))], [1, 1, 1]);
  assert.deepEqual([...strengths(table(1, 2, [1, 2], [0, 0]))], [1, 1]);
});

test('a pair stands once, the smaller index first, with the union of both ties: 1 + 1 - 1 = 1, and a tie of one side is as it is', () => {
  // 0 and 1 are each other's nearest; 2's nearest is 1, which does not have 2.
  const graph = fuzzyGraph(table(3, 1, [1, 0, 1], [0.2, 0.2, 0.9]));
  assert.deepEqual([[...graph.heads], [...graph.tails], [...graph.weights]], [[0, 1], [1, 2], [1, 1]]);
});

test('a union of two weaker ties is a + b - ab', () => {
  const ids = [1, 2, 0, 2, 0, 1];
  const distances = [0.1, 0.5, 0.1, 0.3, 0.3, 0.5];
  const strength = strengths(table(3, 2, ids, distances));
  const graph = fuzzyGraph(table(3, 2, ids, distances));
  const weight = (i: number, j: number): number => graph.weights[graph.heads.findIndex((head, e) => head === i && graph.tails[e] === j)]!;
  const [a, b] = [strength[1]!, strength[4]!];
  assert.ok(Math.abs(weight(0, 2) - (a + b - a * b)) < 1e-6);
  assert.equal(graph.weights.length, 3);
});
