import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { pursue } from '../../../../../src/engine/ops/matching-pursuit.ts';
import { orthogonalPursuit } from '../../../../../src/engine/ops/orthogonal-pursuit.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { ItdaBuilder } from '../../../../../src/engine/sae/itda/builder.ts';
import type { BuilderSettings } from '../../../../../src/engine/sae/itda/builder.ts';
import { jaccard, labelKeys } from '../../../../../src/engine/sae/itda/similarity.ts';
import { synDirections, synSamples } from '../../../../../src/engine/sae/synthetic/syn.ts';
import { absent } from '../../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';

const plain: BuilderSettings = { steps: 6, tau: 0.1, absolute: false, method: 'plain', initial: 8, duplicateCosine: 0.999 };
const [d, batch] = [32, 200];
const task = { n0: 64, d, s: 3 };
const syn = (rows: number): Float32Array => synSamples(task, synDirections(task, 1), rows, Random.from(1, 'itda'));

function add(builder: ItdaBuilder, x: Float32Array, origins: Int32Array, width = d): void {
  const rows = tf.tensor2d(x, [x.length / width, width]);
  builder.add(rows, origins);
  rows.dispose();
}

/** One pass over x, `batch` rows at a time; row r has the label (r div 10, r mod 10). */
function build(x: Float32Array, changes: Partial<BuilderSettings> = {}, width = d, cap = 4000): ItdaBuilder {
  const builder = new ItdaBuilder(width, cap, { ...plain, ...changes });
  const rows = x.length / width;
  for (let first = 0; first < rows; first += batch) {
    const count = Math.min(batch, rows - first);
    const origins = Int32Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? Math.floor((first + (at >> 1)) / 10) : (first + (at >> 1)) % 10));
    add(builder, x.subarray(first * width, (first + count) * width), origins, width);
  }
  return builder;
}

const keysOf = (builder: ItdaBuilder): ReturnType<typeof labelKeys> => labelKeys(builder.labels);

/** Rows float32 [rows, width] times a random matrix; `through` is applied to each entry. */
function mapped(x: Float32Array, width: number, seed: number, through: (value: number) => number = (value) => value): Float32Array {
  return tf.tidy(() => {
    const map = tf.tensor2d(Random.from(seed, 'map').normals(width * width, 1 / Math.sqrt(width)), [width, width]);
    return tf.matMul(tf.tensor2d(x, [x.length / width, width]), map).dataSync<'float32'>().map(through);
  });
}

test('every atom is the normalised row that its label names, and encodes itself in one step', async (t) => {
  await eachBackend(t, () => {
    const x = syn(600);
    const builder = build(x);
    const { atoms, count } = builder.dictionary;
    assert.ok(count > 50 && builder.labels.length === 2 * count, `${count}`);
    for (let j = 0; j < count; j++) {
      const row = builder.labels[2 * j]! * 10 + builder.labels[2 * j + 1]!;
      const source = x.subarray(row * d, (row + 1) * d);
      const norm = Math.hypot(...source);
      assertClose(atoms.subarray(j * d, (j + 1) * d), source.map((v) => v / norm), 1e-6, `atom ${j}`);
    }
    tf.tidy(() => {
      const rows = tf.tensor2d(atoms, [count, d]);
      const { residual, atoms: own } = pursue(rows, rows, { steps: 1, tolerance: 0, rule: 'magnitude' });
      assert.ok(tf.max(tf.norm(residual, 2, 1)).dataSync()[0]! < 1e-6);
      assert.deepEqual([...own.dataSync()], Array.from({ length: count }, (_, j) => j));
    });
  });
});

test('a row enters exactly where the dictionary before it leaves more than tau of it', async (t) => {
  await eachBackend(t, () => {
    const x = syn(60);
    const whole = build(x, { initial: 1 });
    // the same, one row at a time
    const single = new ItdaBuilder(d, 4000, { ...plain, initial: 1 });
    for (let r = 0; r < 60; r++) {
      tf.tidy(() => {
        const row = tf.tensor2d(x.subarray(r * d, (r + 1) * d), [1, d]);
        const { atoms, count } = single.dictionary;
        const square = tf.sum(tf.square(row)).dataSync()[0]!;
        const fails = count === 0 || tf.sum(tf.square(pursue(row, tf.tensor2d(atoms, [count, d]), { steps: 6, tolerance: 0, rule: 'magnitude' }).residual)).dataSync()[0]! > 0.1 * square;
        assert.equal(single.add(row, Int32Array.of(Math.floor(r / 10), r % 10)).added, Number(fails), `row ${r}`);
      });
    }
    assert.deepEqual(whole.labels, single.labels, 'a batch is as good as its rows in order');
  });
});

test('duplicates and zero rows never enter, and a full dictionary refuses', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const builder = new ItdaBuilder(2, 2, { ...plain, initial: 2, steps: 1, tau: 0.01 });
    const rows = tf.tensor2d([[3, 0], [1, 0.0001], [-5, 0], [0, 0], [0, 2], [1, 1]]);
    const report = builder.add(rows, new Int32Array(12));
    assert.deepEqual([...builder.dictionary.atoms], [1, 0, 0, 1]);
    assert.equal(report.added, 2);
    assert.equal(report.refused, 1, '(1, 1) keeps half of its norm');
    assert.throws(() => builder.add(tf.tensor2d([[Number.NaN, 0]]), new Int32Array(2)), { kind: 'not-finite' });
  }));
});

test('the dictionary shrinks as tau grows', async (t) => {
  await eachBackend(t, () => {
    const x = syn(1000);
    const counts = [0.05, 0.1, 0.2, 0.4].map((tau) => build(x, { tau }).dictionary.count);
    assert.ok(counts.every((count, i) => i === 0 || count < counts[i - 1]!), String(counts));
  });
});

test('rows that passed still pass when the finished dictionary encodes them', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const x = syn(1500);
  // ten steps: with six, both keep 98 %
  const steps = 10;
  const still = (method: 'plain' | 'orthogonal'): number => {
    const builder = build(x, { method, steps });
    const entered = new Set(Array.from({ length: builder.dictionary.count }, (_, j) => builder.labels[2 * j]! * 10 + builder.labels[2 * j + 1]!));
    const { dictionary } = builder;
    let [passed, kept] = [0, 0];
    tf.tidy(() => {
      const rows = tf.tensor2d(x, [1500, d]);
      const [products, squares] = [dictionary.products(rows), tf.sum(tf.square(rows), 1).dataSync()];
      const residuals = tf.sum(tf.square(pursue(rows, tf.tensor2d(dictionary.atoms, [dictionary.count, d]), { steps, tolerance: 0, rule: 'magnitude' }).residual), 1).dataSync();
      for (let r = 0; r < 1500; r++) {
        if (entered.has(r)) continue;
        const own = products.subarray(r * dictionary.count, (r + 1) * dictionary.count);
        const error = method === 'plain' ? residuals[r]! : orthogonalPursuit(own, dictionary.gram, squares[r]!, steps, 0).error;
        passed++;
        kept += Number(error <= 0.1 * squares[r]! + 1e-5);
      }
    });
    assert.ok(passed > 300, `${passed} passed`);
    return kept / passed;
  };
  assert.ok(still('orthogonal') >= 0.99);
  // no guarantee for plain pursuit: 1,304 of 1,309 here
  assert.ok(still('plain') >= 0.98);
});

test('keys do not change under rotation, nor under scale where tau is relative; with an absolute tau they do', async (t) => {
  await eachBackend(t, () => {
    const x = syn(600);
    const own = keysOf(build(x));
    assert.equal(jaccard(own, keysOf(build(x))), 1);
    const rotation = orthogonal(d, 4);
    const turned = tf.tidy(() => tf.matMul(tf.tensor2d(x, [600, d]), rotation).dataSync<'float32'>());
    rotation.dispose();
    assert.equal(jaccard(own, keysOf(build(turned))), 1);
    assert.equal(jaccard(own, keysOf(build(x.map((v) => v * 4)))), 1);
    const absolute = { absolute: true, tau: 0.3 };
    assert.ok(jaccard(keysOf(build(x, absolute)), keysOf(build(x.map((v) => v * 4), absolute))) < 0.9);
  });
});

/** A random orthogonal matrix: Gram-Schmidt on Gaussian rows. */
function orthogonal(size: number, seed: number): Tensor2D {
  return tf.tidy(() => {
    const rows: tf.Tensor1D[] = [];
    for (let i = 0; i < size; i++) {
      let row = tf.tensor1d(Random.from(seed, `row ${i}`).normals(size));
      for (let pass = 0; pass < 2; pass++) for (const other of rows) row = tf.sub(row, tf.mul(other, tf.sum(tf.mul(row, other))));
      rows.push(tf.div(row, tf.norm(row)));
    }
    return tf.stack(rows) as Tensor2D;
  });
}

test('two models of the same tokens lie between one model and shuffled prompts', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const x = syn(1500);
  const settings = { tau: 0.2, steps: 8 };
  const [a, b] = [mapped(x, d, 11, Math.tanh), mapped(x, d, 12, (value) => Math.max(0, value))];
  const order = Random.from(13).shuffle(Array.from({ length: 1500 }, (_, i) => i));
  const shuffled = Float32Array.from({ length: x.length }, (_, at) => b[order[Math.floor(at / d)]! * d + (at % d)]!);
  const own = keysOf(build(a, settings));
  const [between, baseline] = [jaccard(own, keysOf(build(b, settings))), jaccard(own, keysOf(build(shuffled, settings)))];
  assert.ok(between < 1 && between > baseline + 0.02, `two models ${between}, shuffled ${baseline}`);
});

test('a builder goes on from its atoms and labels as if it had not stopped', async (t) => {
  await eachBackend(t, () => {
    const x = syn(400);
    const whole = build(x);
    const half = build(x.subarray(0, 200 * d));
    const resumed = new ItdaBuilder(d, 4000, plain);
    resumed.restore(half.dictionary.atoms.slice(), half.labels);
    const origins = Int32Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? Math.floor((200 + (at >> 1)) / 10) : (at >> 1) % 10));
    add(resumed, x.subarray(200 * d), origins);
    assert.deepEqual(resumed.labels, whole.labels);
    assert.deepEqual(resumed.dictionary.atoms, whole.dictionary.atoms);
    assert.deepEqual(resumed.dictionary.gram.values, whole.dictionary.gram.values);
  });
});
