import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../../src/engine/backend/load.ts';
import { canFuseMonet, fusedGates, fusedHd, fusedStatistics, fusedUse, fusedVd } from '../../../../../../src/engine/lm/layers/monet/fused.ts';
import { adaptiveGates, gateThreshold, logitStatistics } from '../../../../../../src/engine/lm/layers/monet/gates.ts';
import { applyHd } from '../../../../../../src/engine/lm/layers/monet/hd.ts';
import type { HdWeights } from '../../../../../../src/engine/lm/layers/monet/hd.ts';
import { ambiguityLoss, meanActive, measureGates, uniformityLoss } from '../../../../../../src/engine/lm/layers/monet/losses.ts';
import { factoredPairs } from '../../../../../../src/engine/lm/layers/monet/pairs.ts';
import type { Gates } from '../../../../../../src/engine/lm/layers/monet/pairs.ts';
import { hdSpecs, vdSpecs } from '../../../../../../src/engine/lm/layers/monet/specs.ts';
import { applyVd } from '../../../../../../src/engine/lm/layers/monet/vd.ts';
import type { VdWeights } from '../../../../../../src/engine/lm/layers/monet/vd.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { absent } from '../../../../../support/backend.ts';
import { largestDifference } from '../../../../../support/lm-fixtures.ts';

const skip = await absent('tensorflow');
before(async () => {
  if (skip === false) await loadBackend('tensorflow');
});
const random = Random.from(21);
const normals = (shape: number[], scale = 1): Tensor => tf.tensor(random.normals(shape.reduce((a, b) => a * b, 1), scale), shape);

/** Equal within `tolerance` of the largest of `expected`, which is not 0. */
function near(found: Tensor, expected: Tensor, tolerance: number, what: string): void {
  assert.deepEqual(found.shape, expected.shape, what);
  const largest = Number(tf.max(tf.abs(expected)).dataSync()[0]);
  assert.ok(largest > 0, `${what} is 0 everywhere`);
  const difference = largestDifference(found.dataSync(), expected.dataSync());
  assert.ok(difference <= tolerance * largest, `${what}: differ by ${difference}, the largest is ${largest}`);
}

/** Gradients of sum(f * direction) by all of `inputs`. */
function slopes(f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[], direction: Tensor): Tensor[] {
  return tf.grads((...all) => tf.sum(tf.mul(f(...all), direction)) as Scalar)(inputs);
}

interface Case { tokens: number; heads: number; s: number; active: number; m: number; dModel: number }

const cases: Case[] = [
  { tokens: 9, heads: 1, s: 1, active: 1, m: 2, dModel: 2 },
  { tokens: 37, heads: 2, s: 5, active: 2, m: 2, dModel: 12 },
  { tokens: 300, heads: 2, s: 32, active: 4, m: 8, dModel: 64 },
  // several blocks of tokens, nothing a multiple of a vector
  { tokens: 290, heads: 3, s: 19, active: 3, m: 6, dModel: 150 },
  // every sub-expert is in use
  { tokens: 40, heads: 2, s: 16, active: 16, m: 4, dModel: 32 },
];
const named = (c: Case): string => Object.entries(c).map(([key, value]) => `${key} ${value}`).join(', ');

test('the kernels are there on this backend', { skip }, () => {
  assert.ok(canFuseMonet());
});

for (const c of cases) {
  test(`gates, statistics and what the losses read equal their twins, and so do the gradients: ${named(c)}`, { skip }, () => tf.tidy(() => {
    // one head wider than the others and off 0
    const logits = tf.add(tf.mul(normals([c.tokens, c.heads, c.s]), tf.reshape(tf.range(1, c.heads + 1), [1, c.heads, 1])), 0.3) as Tensor3D;
    const [statistics, own] = [logitStatistics(logits), fusedStatistics(logits)];
    near(own.mean, statistics.mean, 1e-5, 'mean');
    if (c.tokens * c.s > 1) near(own.variance, statistics.variance, 1e-5, 'variance');
    const threshold = gateThreshold(c.active, c.s);
    // the same statistics for both: where a logit lies on the threshold itself, rounding decides
    const gates = fusedGates(logits, threshold, statistics);
    near(gates, adaptiveGates(logits, c.active, statistics), 1e-6, 'gates');
    const direction = normals(gates.shape);
    if (c.s > 1) near(slopes((z) => fusedGates(z as Tensor3D, threshold, statistics), [logits], direction)[0]!, slopes((z) => adaptiveGates(z as Tensor3D, c.active, statistics), [logits], direction)[0]!, 1e-5, 'gradient of the logits');
    const twin: Gates = { gates1: gates, gates2: adaptiveGates(tf.mul(logits, -0.7), c.active, logitStatistics(tf.mul(logits, -0.7))) };
    const measured = measureGates(twin);
    for (const [name, of] of [['uniformity', uniformityLoss], ['ambiguity', ambiguityLoss], ['active', meanActive]] as const) {
      const expected = of(twin).dataSync()[0]!;
      assert.ok(Math.abs(measured[name].dataSync()[0]! - expected) <= 2e-6 * Math.max(1, Math.abs(expected)), `${name}: ${measured[name].dataSync()[0]} and ${expected}`);
    }
    if (c.s === 1) return;
    const losses = (measure: (gates: Gates) => Tensor) => (z: Tensor): Tensor => measure({ gates1: adaptiveGates(z as Tensor3D, c.active, statistics), gates2: twin.gates2 });
    const [fused] = slopes(losses((g) => tf.add(measureGates(g).uniformity, measureGates(g).ambiguity)), [logits], tf.scalar(1));
    const [stock] = slopes(losses((g) => tf.add(uniformityLoss(g), ambiguityLoss(g))), [logits], tf.scalar(1));
    near(fused!, stock!, 1e-5, 'gradient of the losses');
  }));
}

const forms = {
  hd: { specs: hdSpecs, fused: (x: Tensor2D, w: object, g: Gates) => fusedHd(x, w as HdWeights, g), twin: (x: Tensor2D, w: object, g: Gates) => applyHd(x, w as HdWeights, factoredPairs(g)) },
  vd: { specs: vdSpecs, fused: (x: Tensor2D, w: object, g: Gates) => fusedVd(x, w as VdWeights, g), twin: (x: Tensor2D, w: object, g: Gates) => applyVd(x, w as VdWeights, factoredPairs(g)) },
};

/** Logits, x and the weights of a layer, none 0. */
function layerInputs(form: keyof typeof forms, c: Case): { names: string[]; inputs: Tensor[] } {
  const specs = Object.entries(forms[form].specs({ s: c.s, m: c.m, dModel: c.dModel }));
  const logits = [0, 1].map(() => normals([c.tokens, c.heads, c.s]));
  return { names: specs.map(([name]) => name), inputs: [normals([c.tokens, c.dModel]), ...logits, ...specs.map(([, { shape }]) => normals([...shape], 0.3))] };
}

for (const form of ['hd', 'vd'] as const) {
  for (const c of cases) {
    test(`a whole layer (${form}) equals its twin, and all gradients: ${named(c)}`, { skip }, () => tf.tidy(() => {
      const { names, inputs } = layerInputs(form, c);
      const layer = (apply: (x: Tensor2D, w: object, g: Gates) => Tensor2D) => (x: Tensor, z1: Tensor, z2: Tensor, ...weights: Tensor[]): Tensor => {
        // Gates that do not sum to 1 tell sums of gates from the number 1.
        const gate = (z: Tensor, factor: number): Tensor3D => tf.mul(adaptiveGates(z as Tensor3D, c.active, logitStatistics(z as Tensor3D)), factor);
        return apply(x as Tensor2D, Object.fromEntries(names.map((name, i) => [name, weights[i]!])), { gates1: gate(z1, 0.8), gates2: gate(z2, 1.3) });
      };
      const [fused, twin] = [layer(forms[form].fused), layer(forms[form].twin)];
      const y = twin(...(inputs as [Tensor, Tensor, Tensor]));
      near(fused(...(inputs as [Tensor, Tensor, Tensor])), y, 1e-5, 'y');
      const direction = normals(y.shape);
      const [found, expected] = [slopes(fused as (...all: Tensor[]) => Tensor, inputs, direction), slopes(twin as (...all: Tensor[]) => Tensor, inputs, direction)];
      ['x', 'logits1', 'logits2', ...names].forEach((name, i) => {
        if (c.s > 1 || !name.startsWith('logits')) near(found[i]!, expected[i]!, 1e-4, `gradient of ${name}`);
      });
    }));
  }

  test(`a token's row (${form}) is that of the token alone, up to rounding, and numbers that are not finite stay seen`, { skip }, () => tf.tidy(() => {
    const c = { tokens: 300, heads: 2, s: 32, active: 4, m: 8, dModel: 48 };
    const { names, inputs } = layerInputs(form, c);
    const [x, z1, z2, ...weights] = inputs as [Tensor2D, Tensor3D, Tensor3D, ...Tensor[]];
    const w = Object.fromEntries(names.map((name, i) => [name, weights[i]!]));
    const gates = (z: Tensor3D): Tensor3D => fusedGates(z, 1, { mean: tf.zeros([2]) as Tensor1D, variance: tf.ones([2]) as Tensor1D });
    const all = forms[form].fused(x, w, { gates1: gates(z1), gates2: gates(z2) });
    const last = <T extends Tensor>(t: T): T => tf.slice(t, [299, ...t.shape.slice(1).map(() => 0)], [1, ...t.shape.slice(1)]) as T;
    near(forms[form].fused(last(x), w, { gates1: gates(last(z1)), gates2: gates(last(z2)) }), last(all), 1e-6, 'the last row');
    const bad = tf.mul(x, Number.NaN) as Tensor2D;
    assert.ok([...forms[form].fused(bad, w, { gates1: gates(z1), gates2: gates(z2) }).dataSync()].every(Number.isNaN));
    const worse = tf.where(tf.equal(tf.range(0, 32), 7), Number.NaN, z1) as Tensor3D;
    assert.ok([...gates(worse).dataSync()].every(Number.isNaN));
  }));
}

test('wrong shapes are refused by the argument\'s name', { skip }, () => tf.tidy(() => {
  const g = tf.ones([3, 2, 4]) as Tensor3D;
  const w = { u: tf.ones([4, 2, 6]), bU: tf.ones([4, 2]), v: tf.ones([4, 2, 6]), b: tf.ones([4, 6]) } as HdWeights;
  const x = tf.ones([3, 6]) as Tensor2D;
  assert.deepEqual(fusedHd(x, w, { gates1: g, gates2: g }).shape, [3, 6]);
  assert.throws(() => fusedHd(tf.ones([4, 6]), w, { gates1: g, gates2: g }), /gates1/u);
  assert.throws(() => fusedHd(x, w, { gates1: g, gates2: tf.ones([3, 2, 5]) }), /gates2/u);
  assert.throws(() => fusedHd(x, { ...w, u: tf.ones([4, 2, 5]) }, { gates1: g, gates2: g }), /u must/u);
  assert.throws(() => fusedHd(x, { ...w, b: tf.ones([4, 5]) }, { gates1: g, gates2: g }), /b must/u);
  assert.throws(() => fusedGates(g, 1, { mean: tf.ones([3]), variance: tf.ones([2]) }), /mean/u);
  assert.throws(() => fusedUse(tf.ones([3, 4]) as unknown as Tensor3D), /gates/u);
}));

/** Steps of both layers on so many threads and this instruction set: all values and gradients as one checksum, and how long they are. */
const program = `
  import * as tf from '@tensorflow/tfjs-core';
  import { createHash } from 'node:crypto';
  const at = (path) => import(new URL(path, ${JSON.stringify(new URL('../../../../../../src/engine/', import.meta.url).href)}));
  const [{ loadBackend }, { fusedHd, fusedVd, fusedGates, fusedUse }, { hdSpecs, vdSpecs }, { Random }] = await Promise.all(['backend/load.ts', 'lm/layers/monet/fused.ts', 'lm/layers/monet/specs.ts', 'random.ts'].map(at));
  await loadBackend('tensorflow');
  const random = Random.from(5);
  const normals = (shape) => tf.tensor(random.normals(shape.reduce((a, b) => a * b, 1)), shape);
  const hash = createHash('sha256');
  for (const [specs, fused] of [[hdSpecs, fusedHd], [vdSpecs, fusedVd]]) {
    const names = Object.entries(specs({ s: 16, m: 4, dModel: 32 }));
    const inputs = [normals([700, 32]), normals([700, 2, 16]), normals([700, 2, 16]), ...names.map(([, { shape }]) => normals([...shape]))];
    const step = (x, z1, z2, ...weights) => {
      const gate = (z) => fusedGates(z, 0.8, { mean: tf.zeros([2]), variance: tf.ones([2]) });
      const gates = { gates1: gate(z1), gates2: gate(z2) };
      return tf.add(tf.sum(tf.square(fused(x, Object.fromEntries(names.map(([name], i) => [name, weights[i]])), gates))), tf.sum(fusedUse(gates.gates1)));
    };
    for (const tensor of [step(...inputs), ...tf.grads(step)(inputs)]) hash.update(tensor.dataSync());
  }
  console.log(hash.digest('hex'));
`;

test('results do not depend on the number of threads, bit for bit', { skip }, () => {
  const run = (threads: string): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', cwd: fileURLToPath(new URL('../../../../../../', import.meta.url)), env: { ...process.env, LOUPE_THREADS: threads } });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const one = run('1');
  assert.match(one, /^[0-9a-f]{64}$/u);
  assert.equal(run('3'), one);
});
