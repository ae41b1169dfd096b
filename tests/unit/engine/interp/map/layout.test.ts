import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UMAP } from 'umap-js';
import { fuzzyGraph } from '../../../../../src/engine/interp/map/graph.ts';
import { epochsFor, Layout } from '../../../../../src/engine/interp/map/layout.ts';
import { spectralStart } from '../../../../../src/engine/interp/map/spectral.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { clusteredDirections, cosineRanks, nearestInPlane, trustworthiness } from '../../../../support/clusters.ts';

const [clusters, each, d, k] = [6, 25, 16, 10] as const;
const n = clusters * each;
const ranks = cosineRanks(clusteredDirections(clusters, each, d), d);

/** The exact neighbours, nearest first; distances by place, so that both layouts are given the same. */
function table(): { n: number; k: number; ids: Int32Array; distances: Float32Array } {
  const ids = Int32Array.from(ranks.flatMap((row) => [...row.keys()].filter((j) => row[j]! >= 1 && row[j]! <= k).sort((a, b) => row[a]! - row[b]!)));
  return { n, k, ids, distances: Float32Array.from(ids, (_, place) => 0.1 + 0.02 * (place % k)) };
}

function laidOut(seed: number, epochs = 300): Float32Array {
  const random = Random.from(seed, 'map');
  const graph = fuzzyGraph(table());
  const start = spectralStart(graph, random);
  let step = start.next();
  while (step.done !== true) step = start.next();
  const layout = new Layout(graph, step.value, epochs, random);
  while (layout.epoch < epochs) layout.step();
  return layout.points;
}

test('neighbours stay neighbours: trustworthiness far above chance, and no worse than that of umap-js on the same neighbours', () => {
  const ours = trustworthiness(laidOut(0), ranks, k);
  const random = Random.from(0, 'umap-js');
  const umap = new UMAP({ nNeighbors: k + 1, nEpochs: 300, random: () => random.uniform() });
  const { ids, distances } = table();
  const rows = <T>(first: (i: number) => T, values: ArrayLike<T>): T[][] => Array.from({ length: n }, (_, i) => [first(i), ...Array.from({ length: k }, (_unused, j) => values[i * k + j]!)]);
  umap.setPrecomputedKNN(rows((i) => i, ids), rows(() => 0, distances));
  const theirs = trustworthiness(umap.fit(Array.from({ length: n }, () => [0])).flat(), ranks, k);
  const chance = trustworthiness(Random.from(1).normals(2 * n), ranks, k);
  assert.ok(chance < 0.65 && ours > 0.9, `${ours} by us, ${chance} by chance`);
  assert.ok(ours > theirs - 0.02, `${ours} by us, ${theirs} by umap-js`);
});

test('a cluster stays together: nine in ten nearest neighbours in the plane are of the same cluster', () => {
  const near = nearestInPlane(laidOut(3), n, 5).flatMap((row, i) => row.map((j) => Math.floor(i / each) === Math.floor(j / each)));
  assert.ok(near.filter(Boolean).length / near.length > 0.9);
});

test('the same seed gives the same map, another seed another', () => {
  assert.deepEqual(laidOut(5, 20), laidOut(5, 20));
  assert.notDeepEqual(laidOut(5, 20), laidOut(6, 20));
});

test('two tied points pull each other, points that are not tied are pushed apart', () => {
  const graph = { n: 2, heads: Int32Array.of(0), tails: Int32Array.of(1), weights: Float32Array.of(1) };
  const pulled = new Layout(graph, Float32Array.of(0, 0, 8, 0), 10, Random.from(0));
  pulled.step();
  assert.ok(pulled.points[2]! - pulled.points[0]! < 8);
  const free = new Layout({ ...graph, heads: new Int32Array(0), tails: new Int32Array(0), weights: new Float32Array(0) }, Float32Array.of(0, 0, 1, 0), 10, Random.from(0));
  free.step();
  assert.deepEqual([...free.points], [0, 0, 1, 0], 'without ties nothing moves');
  assert.ok(pulled.points.every(Number.isFinite));
});

test('more passes for few points', () => assert.deepEqual([epochsFor(4608), epochsFor(131_072)], [500, 200]));
