import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import {
  matchingPursuit, matchingPursuitDense, pursue, pursuitGradient, pursuitResidual, stockPursue, stockPursuitGradient,
} from '../../../../src/engine/ops/matching-pursuit.ts';
import type { PursuitRule } from '../../../../src/engine/ops/matching-pursuit.ts';
import { topKDense } from '../../../../src/engine/ops/top-k.ts';
import { Random } from '../../../../src/engine/random.ts';
import { unitRows } from '../../../../src/engine/sae/parts.ts';
import { absent } from '../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const unit = (seed: number, n: number, d: number): Tensor2D => tf.tensor2d(unitRows(Random.from(seed, 'atoms').normals(n * d), n, d), [n, d]);
const samples = (seed: number, rows: number, d: number): Tensor2D => tf.tensor2d(Random.from(seed, 'x').normals(rows * d), [rows, d]);
const norms = (x: Tensor): Float32Array => tf.norm(x, 2, 1).dataSync() as Float32Array;

/** The loop as its definition reads, in float64. */
function byHand(x: readonly number[], atoms: readonly (readonly number[])[], steps: number, tolerance: number, rule: PursuitRule): { picks: number[]; values: number[] } {
  let residual = [...x];
  const [picks, values]: [number[], number[]] = [[], []];
  for (let step = 0; step < steps; step++) {
    const c = atoms.map((atom) => atom.reduce((sum, a, i) => sum + a * residual[i]!, 0));
    const score = rule === 'magnitude' ? c.map(Math.abs) : c;
    const j = score.indexOf(Math.max(...score));
    if (rule === 'rectified' && c[j]! <= 0) break;
    picks.push(j);
    values.push(c[j]!);
    residual = residual.map((r, i) => r - c[j]! * atoms[j]![i]!);
    if (Math.hypot(...residual) < tolerance) break;
  }
  while (picks.length < steps) {
    picks.push(0);
    values.push(0);
  }
  return { picks, values };
}

test('choices and coefficients are those of the definition, by both rules, with and without a tolerance', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [n, d, rows, steps] = [40, 12, 30, 9];
    const [atoms, x] = [unit(1, n, d), samples(2, rows, d)];
    const rowsOf = (tensor: Tensor2D): number[][] => tensor.arraySync();
    for (const rule of ['rectified', 'magnitude'] as const) {
      for (const tolerance of [0, 1.5]) {
        const trace = pursue(x, atoms, { steps, tolerance, rule });
        const expected = rowsOf(x).map((row) => byHand(row, rowsOf(atoms), steps, tolerance, rule));
        assert.deepEqual([...trace.atoms.dataSync()], expected.flatMap(({ picks }) => picks), `${rule} ${tolerance}`);
        assertClose(trace.coefficients.dataSync(), expected.flatMap(({ values }) => values), 1e-4, `${rule} ${tolerance}`);
      }
    }
  }));
});

test('until a repeat, a row ends with the step that chooses an atom again', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // two atoms 45 degrees apart take turns: 0, 1, 0, 1...
    const atoms = tf.tensor2d([[1, 0], [Math.SQRT1_2, Math.SQRT1_2]]);
    const x = tf.tensor2d([[1, 0.4], [1, 0]]);
    const settings = { steps: 5, tolerance: 0, rule: 'magnitude' } as const;
    const counts = (untilRepeat: boolean): number[] => pursue(x, atoms, { ...settings, untilRepeat }).coefficients.arraySync().map((row) => row.filter((c) => c !== 0).length);
    assert.deepEqual([counts(false)[0]! > 3, counts(true)[0], counts(true)[1]], [true, 3, 1]);
    const [all, some] = [false, true].map((untilRepeat) => pursue(x, atoms, { ...settings, untilRepeat }).coefficients.arraySync()[0]!.slice(0, 3));
    assert.deepEqual(some, all);
  }));
});

test('one tolerance a row stops each row by its own', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [atoms, x] = [unit(1, 40, 12), samples(2, 6, 12)];
    const each = tf.mul(tf.norm(x, 2, 1, true), tf.tensor2d([0.1, 0.9, 0.5, 0.2, 0.4, 0.6], [6, 1])) as Tensor2D;
    const trace = pursue(x, atoms, { steps: 9, tolerance: each, rule: 'magnitude' });
    const limits = each.dataSync();
    for (let row = 0; row < 6; row++) {
      const alone = pursue(tf.slice(x, [row, 0], [1, 12]), atoms, { steps: 9, tolerance: limits[row]!, rule: 'magnitude' });
      assertClose(tf.slice(trace.coefficients, [row, 0], [1, 9]).dataSync(), alone.coefficients.dataSync(), 1e-5);
    }
  }));
});

test('residual norms fall by the square of the coefficient, and the residual is orthogonal to the last atom; without unit rows norms rise', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [atoms, x] = [unit(3, 64, 32), tf.div(samples(4, 50, 32), Math.sqrt(32)) as Tensor2D];
    const after = (dictionary: Tensor2D, steps: number): ReturnType<typeof pursue> => pursue(x, dictionary, { steps, tolerance: 0, rule: 'rectified' });
    let before = norms(x);
    for (let steps = 1; steps <= 6; steps++) {
      const { residual, coefficients, atoms: chosen } = after(atoms, steps);
      const now = norms(residual);
      const c = tf.slice(coefficients, [0, steps - 1], [50, 1]).dataSync();
      const last = tf.gather(atoms, tf.reshape(tf.slice(chosen, [0, steps - 1], [50, 1]), [50]) as tf.Tensor1D);
      assertClose(now.map((v) => v * v), before.map((v, i) => v * v - c[i]! ** 2), 1e-5, 'squared norms');
      assert.ok(now.every((v, i) => v <= before[i]! + 1e-6), 'norms never rise');
      assertClose(tf.sum(tf.mul(residual, last), 1).dataSync(), new Float32Array(50), 1e-5, 'orthogonal');
      before = now;
    }
    const long = tf.mul(atoms, 1.6) as Tensor2D;
    const [first, second] = [norms(x), norms(after(long, 1).residual)];
    assert.ok(second.some((v, i) => v > first[i]!), 'atoms of norm 1.6 take too much away');
  }));
});

test('orthonormal atoms give the code in s steps, equal to TopK; one step equals TopK with k 1', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const eye = tf.eye(8) as Tensor2D;
    const code = tf.tensor2d([0, 2, 0, 0.5, 0, 0, 1, 0, 3, 0, 0, 0, 0.1, 0, 0, 0.7], [2, 8]);
    assertClose(matchingPursuitDense(code, eye, 3, 0).dataSync(), code.dataSync(), 1e-6);
    assertClose(matchingPursuitDense(code, eye, 3, 0).dataSync(), topKDense(code, 3).dataSync(), 1e-6);
    const [atoms, x] = [unit(5, 20, 6), samples(6, 40, 6)];
    assertClose(matchingPursuitDense(x, atoms, 1, 0).dataSync(), topKDense(tf.matMul(x, atoms, false, true), 1).dataSync(), 1e-5);
  }));
});

test('sparse codes name each atom once and are the dense latents', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // two atoms at 45 degrees: 0, 1, 0, 1... are chosen in turn
    const atoms = tf.tensor2d([1, 0, Math.SQRT1_2, Math.SQRT1_2], [2, 2]);
    const x = tf.tensor2d([1, 0.9, 0.2, -1], [2, 2]);
    const { values, indices } = matchingPursuit(x, atoms, 6, 0, 'magnitude');
    const dense = matchingPursuitDense(x, atoms, 6, 0, 'magnitude').arraySync();
    const used = [...values.dataSync()].map((value, slot) => ({ value, row: Math.floor(slot / 6), atom: indices.dataSync()[slot]! })).filter(({ value }) => value !== 0);
    assert.equal(new Set(used.map(({ row, atom }) => `${row} ${atom}`)).size, used.length, 'no atom twice in a row');
    for (const { value, row, atom } of used) assertClose([value], [dense[row]![atom]!], 1e-6);
    assert.equal(used.length, dense.flat().filter((v) => v !== 0).length);
  }));
});

test('a row without a positive correlation stays zero by the rectified rule', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const latents = matchingPursuitDense(tf.tensor2d([-1, -2, 0, 0], [2, 2]), tf.eye(2), 2, 0);
    assert.deepEqual([...latents.dataSync()], [0, 0, 0, 0]);
  }));
});

test('gradients are those of finite differences, through latents and through the residual', async () => {
  await useBackend('cpu');
  // many atoms, so that no row runs out of positive correlations: there a longer or shorter atom makes a kink
  const [n, d, rows] = [14, 4, 3];
  tf.tidy(() => {
    const [atoms, x] = [unit(7, n, d), samples(8, rows, d)];
    const weights = tf.tensor2d(Random.from(9).normals(rows * n), [rows, n]);
    const losses: Record<string, (x: Tensor2D, atoms: Tensor2D) => Scalar> = {
      latents: (a, b) => tf.sum(tf.mul(matchingPursuitDense(a, b, 4, 0.3, 'magnitude'), weights)),
      rectified: (a, b) => tf.sum(tf.mul(tf.square(matchingPursuitDense(a, b, 3, 0)), weights)),
      residual: (a, b) => tf.sum(tf.square(pursuitResidual(a, b, { steps: 3, tolerance: 0, rule: 'rectified' }).residual)),
      decoded: (a, b) => tf.sum(tf.squaredDifference(a, tf.matMul(matchingPursuitDense(a, b, 3, 0), b))),
    };
    for (const [name, loss] of Object.entries(losses)) {
      const gradients = tf.grads(loss as (...args: Tensor[]) => Tensor)([x, atoms]).map((g) => g.dataSync());
      for (const [which, tensor] of [x, atoms].entries()) {
        const base = tensor.dataSync();
        for (let i = 0; i < base.length; i++) {
          const at = (by: number): number => {
            const moved = tf.tensor2d(base.map((v, j) => (j === i ? v + by : v)), tensor.shape);
            return (which === 0 ? loss(moved, atoms) : loss(x, moved)).dataSync()[0]!;
          };
          assertClose([gradients[which]![i]!], [(at(5e-4) - at(-5e-4)) / 1e-3], 5e-3, `${name}, input ${which}, entry ${i}`);
        }
      }
    }
    const [residual, decoded] = ['residual', 'decoded'].map((name) => tf.grads(losses[name]! as (...args: Tensor[]) => Tensor)([x, atoms]).map((g) => g.dataSync()));
    assertClose(residual![1]!, decoded![1]!, 1e-5, 'both forms of one loss');
  });
});

test('values that are not finite, and no steps, are refused', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const eye = tf.eye(2) as Tensor2D;
    assert.throws(() => pursue(tf.tensor2d([1, Number.NaN], [1, 2]), eye, { steps: 1, tolerance: 0, rule: 'magnitude' }), { kind: 'not-finite' });
    assert.throws(() => pursue(tf.zeros([1, 2]), eye, { steps: 0, tolerance: 0, rule: 'magnitude' }), { kind: 'bad-request' });
  }));
});

test('the native loop and its gradient agree with the stock ops within 1e-4, at widths around their vectors', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  // fewer steps than would exhaust a row: what is left is rounding then, and so is what it takes
  for (const [n, d, steps] of [[19, 17, 2], [16, 31, 3], [40, 33, 6], [131, 64, 6]] as const) {
    for (const rule of ['rectified', 'magnitude'] as const) {
      tf.tidy(() => {
        const [x, atoms, rows] = [samples(n, 30, d), unit(d, n, d), 30];
        const tolerance = tf.tensor2d(Float32Array.from({ length: rows }, (_, r) => (r % 3) * 0.5), [rows, 1]);
        const settings = { steps, tolerance, rule, untilRepeat: n === 40 };
        const [native, stock] = [pursue(x, atoms, settings), stockPursue(x, atoms, settings)];
        assert.deepEqual(native.atoms.dataSync(), stock.atoms.dataSync(), `n ${n}, ${rule}`);
        for (const part of ['coefficients', 'residual'] as const) assertClose(native[part].dataSync(), stock[part].dataSync(), 1e-4, `${part}, n ${n}, ${rule}`);
        const gradients = { dLatents: null, dResidual: samples(7, rows, d) };
        const [found, expected] = [pursuitGradient(stock, atoms, gradients), stockPursuitGradient(stock, atoms, gradients)];
        for (const i of [0, 1]) assertClose(found[i]!.dataSync(), expected[i]!.dataSync(), 1e-4, `gradient ${i}, n ${n}, ${rule}`);
      });
    }
  }
});
