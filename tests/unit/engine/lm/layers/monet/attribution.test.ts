import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { MassCorrelation, expertsOfCorpus, purgeEffect, routingMass, specialisedExperts } from '../../../../../../src/engine/lm/layers/monet/attribution.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { correlation } from '../../../../../support/correlation.ts';
import { drawGates, pairWeights } from '../../../../../support/monet.ts';

test('the mass of a batch is the sum of its tokens\' pair weights', async (t) => {
  const shape = { s: 5, m: 2, d: 8, heads: 2 };
  const random = Random.from(1);
  const tokens = Array.from({ length: 7 }, () => [drawGates(random, shape, 1), drawGates(random, shape, 1)] as const);
  const expected = new Float64Array(25);
  for (const [g1, g2] of tokens) pairWeights(g1, g2, shape, null).forEach((weight, pair) => (expected[pair]! += weight));
  await eachBackend(t, () => tf.tidy(() => {
    const gates = (half: 0 | 1): tf.Tensor3D => tf.tensor3d(Float32Array.from(tokens.flatMap((token) => [...token[half]])), [7, 2, 5]);
    assertClose(routingMass({ gates1: gates(0), gates2: gates(1) }).dataSync(), expected, 1e-5);
  }));
});

test('an expert belongs to a corpus with twice the mass of every other, above the floor', () => {
  const masses = [[4, 4, 4, 0], [2, 2.1, 0, 0], [0, 0, 0, 5e-8]].map((mass) => Float64Array.from(mass));
  assert.deepEqual([...specialisedExperts(masses)], [0, -1, 0, -1]);
  assert.deepEqual([...specialisedExperts(masses, { factor: 2, floor: 1e-9 })], [0, -1, 0, 2]);
  assert.deepEqual([...specialisedExperts(masses, { factor: 1, floor: 1e-7 })], [0, 0, 0, -1]);
  assert.throws(() => specialisedExperts([masses[0]!]), { kind: 'bad-request', message: /1 corpus/ });
});

test('the purge of a corpus takes its experts alone', () => {
  assert.deepEqual([...expertsOfCorpus(Int16Array.of(0, -1, 1, 0), 0)], [0, 3]);
});

test('correlations over texts are Pearson\'s', () => {
  const random = Random.from(2);
  const texts = Array.from({ length: 30 }, () => {
    const score = random.uniform();
    return { score, mass: [score + random.normal() * 0.1, random.normal(), 3, -score] };
  });
  const sums = new MassCorrelation(4);
  for (const { mass, score } of texts) sums.add(mass, score);
  const got = sums.correlations();
  for (const expert of [0, 1]) assertClose([got[expert]!], [correlation(texts.map(({ mass }) => mass[expert]!), texts.map(({ score }) => score))], 1e-9);
  assert.equal(got[2], 0);
  assertClose([got[3]!], [-1], 1e-9);
});

test('the effect of a purge is the change of its domain over the mean change elsewhere', () => {
  assert.deepEqual(purgeEffect([1, 1, 1], [1.5, 4, 1.5], 1), { target: 3, others: 0.5, ratio: 6 });
  assert.equal(purgeEffect([1, 1], [2, 0.5], 0).ratio, Infinity);
});
