import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FiringSums, rowNorms } from '../../../../src/engine/eval/firing.ts';
import type { SparseCodes } from '../../../../src/engine/sae/dictionary.ts';
import { assertClose } from '../../../support/closeness.ts';

/** Rows given as [latent, value] pairs. */
function codesOf(rows: readonly (readonly (readonly [number, number])[])[]): SparseCodes {
  const width = Math.max(...rows.map((row) => row.length));
  const codes = { rows: rows.length, width, indices: new Int32Array(rows.length * width), values: new Float32Array(rows.length * width) };
  rows.forEach((row, r) => row.forEach(([latent, value], s) => {
    codes.indices[r * width + s] = latent;
    codes.values[r * width + s] = value;
  }));
  return codes;
}

function sumsOf(codes: SparseCodes, norms: Float64Array): FiringSums {
  const sums = new FiringSums(norms);
  for (let row = 0; row < codes.rows; row++) sums.addRow(codes, row);
  return sums;
}

test('a case worked by hand, with signed latents', () => {
  const codes = codesOf([[[0, 1], [2, -3]], [[0, 2]], [], [[0, 1], [1, 1], [2, 1]]]);
  const sums = sumsOf(codes, Float64Array.of(1, 2, 0.5, 7));
  const { l0, l0Median, l0P95, l1, l1Weighted, dead, dense, rare, negative } = sums.result();
  // counts 2, 1, 0, 3; |f| sums to 9; weighted 1 + 1.5 + 2 + (1 + 2 + 0.5) = 8
  assertClose([l0, l0Median, l0P95, l1, l1Weighted, dead, dense, rare, negative], [1.5, 1, 3, 9 / 4, 2, 0.25, 0.75, 0, 1 / 6], 1e-12);
  assert.deepEqual([[...sums.firings], [...sums.negativeFirings], sums.rows], [[3, 1, 2, 0], [0, 0, 1, 0], 4]);
});

test('two halves merged equal one pass', () => {
  const rows = Array.from({ length: 40 }, (_, r) => Array.from({ length: r % 5 }, (_, s): [number, number] => [(r + s) % 9, r + s + 1]));
  const norms = Float64Array.from({ length: 9 }, (_, j) => j / 3);
  const halves = sumsOf(codesOf(rows.slice(0, 13)), norms);
  halves.merge(sumsOf(codesOf(rows.slice(13)), norms));
  const [merged, whole] = [halves.result(), sumsOf(codesOf(rows), norms).result()];
  assertClose(Object.values(merged), Object.values(whole), 1e-12);
});

test('a latent under one firing in 100,000 is rare', () => {
  const sums = new FiringSums(Float64Array.of(1, 1));
  const codes = codesOf([[[0, 1]], [[1, 1]]]);
  for (let i = 0; i < 200_000; i++) sums.addRow(codes, 0);
  sums.addRow(codes, 1);
  assert.equal(sums.result().rare, 0.5);
});

test('norms of rows', () => assertClose(rowNorms(Float32Array.of(3, 4, 0, 1), 2), [5, 1], 1e-12));
