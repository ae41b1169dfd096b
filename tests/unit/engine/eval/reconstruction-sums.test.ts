import { test } from 'node:test';
import { ReconstructionSums } from '../../../../src/engine/eval/reconstruction-sums.ts';
import type { ReconstructionFigures } from '../../../../src/engine/eval/reconstruction-sums.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';

function sumsOf(x: Float32Array, y: Float32Array, d: number): ReconstructionSums {
  const sums = new ReconstructionSums(d);
  for (let at = 0; at < x.length; at += d) sums.addRow(x, y, at);
  return sums;
}

function figures(x: Float32Array, y: Float32Array, d: number): ReconstructionFigures {
  return sumsOf(x, y, d).result();
}

test('a case worked by hand', () => {
  // x = (1, 0), (3, 0): mean (2, 0), variance sum 2. y = (1, 1), (3, 0): errors (0, -1), 0; their mean (0, -1/2)
  const { fvu, ev, biasShare, mse, cosine, l2Ratio, gamma, rows } = figures(Float32Array.of(1, 0, 3, 0), Float32Array.of(1, 1, 3, 0), 2);
  const expected = [0.5, 0.5, (2 * 0.25) / 2, 0.5, (Math.SQRT1_2 + 1) / 2, (Math.SQRT2 + 1) / 2, 11 / 10, 2];
  assertClose([fvu, ev, biasShare, mse, cosine, l2Ratio, gamma, rows], expected, 1e-12);
});

test('the mean as reconstruction has FVU 1, the data themselves 0, and scaling both changes nothing', () => {
  const x = Random.from(1).normals(300).map((v) => v + 5);
  const mean = sumsOf(x, x, 3).mean;
  assertClose([figures(x, Float32Array.from(x, (_, i) => mean[i % 3]!), 3).fvu, figures(x, x, 3).fvu], [1, 0], 1e-5);
  const y = Random.from(2).normals(300);
  assertClose([figures(x.map((v) => 10 * v), y.map((v) => 10 * v), 3).fvu], [figures(x, y, 3).fvu], 1e-5);
});

test('a constant offset is an error that only the bias share names: FVU - biasShare is what dictionary_learning calls FVU', () => {
  const x = Random.from(3).normals(400);
  const { fvu, biasShare } = figures(x, x.map((v) => v + 0.5), 4);
  // exact but for float32 rounding of x + 0.5
  assertClose([fvu - biasShare], [0], 1e-6);
  assertClose([fvu > 0.2 ? 1 : 0], [1], 0);
});

test('shrinkage by 0.8 is a relative bias of 0.8', () => {
  const x = Random.from(4).normals(400);
  const { gamma, l2Ratio, cosine } = figures(x, x.map((v) => 0.8 * v), 4);
  assertClose([gamma, l2Ratio, cosine], [0.8, 0.8, 1], 1e-6);
});

test('two halves merged equal one pass', () => {
  const [x, y] = [Random.from(5).normals(400), Random.from(6).normals(400)];
  const halves = sumsOf(x.subarray(0, 160), y.subarray(0, 160), 4);
  halves.merge(sumsOf(x.subarray(160), y.subarray(160), 4));
  const [merged, whole] = [halves.result(), figures(x, y, 4)];
  for (const name of Object.keys(whole) as (keyof ReconstructionFigures)[]) assertClose([merged[name]], [whole[name]], 1e-12, name);
});

test('rows of norm 0 have no cosine and no ratio, and no rows give no number', () => {
  const { cosine, l2Ratio } = figures(Float32Array.of(0, 0, 1, 0), Float32Array.of(1, 0, 1, 0), 2);
  assertClose([cosine, l2Ratio], [1, 1], 0);
  assertClose([Number(Number.isNaN(new ReconstructionSums(2).result().fvu))], [1], 0);
});
