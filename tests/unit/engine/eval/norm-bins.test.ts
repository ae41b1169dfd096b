import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NormBins } from '../../../../src/engine/eval/norm-bins.ts';
import { ReconstructionSums } from '../../../../src/engine/eval/reconstruction-sums.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';

const [rows, d] = [200, 4];
const x = Random.from(1).normals(rows * d);
const y = Random.from(2).normals(rows * d);
// one row of zeros, and three sinks that are reconstructed almost exactly
x.fill(0, 0, d);
for (const row of [7, 70, 150]) for (let i = row * d; i < (row + 1) * d; i++) [x[i], y[i]] = [x[i]! * 200 + 300, x[i]! * 200 + 300];

function fill(sums: { addRow(a: Float32Array, b: Float32Array, at: number): void }, keep: (row: number) => boolean): void {
  for (let row = 0; row < rows; row++) if (keep(row)) sums.addRow(x, y, row * d);
}

function plain(keep: (row: number) => boolean): number[] {
  const sums = new ReconstructionSums(d);
  fill(sums, keep);
  return Object.values(sums.result());
}

test('all bins together are one pass; without the sinks they are a pass without them', () => {
  const bins = new NormBins(d);
  fill(bins, () => true);
  assertClose(Object.values(bins.total().result()), plain(() => true), 1e-9);
  const { sums, sinks } = bins.typical();
  assert.equal(sinks, 3);
  assertClose(Object.values(sums.result()), plain((row) => ![7, 70, 150].includes(row)), 1e-9);
  // the sinks hide that nothing else is reconstructed
  assert.ok(bins.total().result().fvu < 0.01 && sums.result().fvu > 1);
});

test('halves merged are one pass, and without sinks none are left out', () => {
  const [first, second] = [new NormBins(d), new NormBins(d)];
  fill(first, (row) => row < 90 && row !== 7 && row !== 70);
  fill(second, (row) => row >= 90 && row !== 150);
  first.merge(second);
  assert.equal(first.typical().sinks, 0);
  assertClose(Object.values(first.total().result()), plain((row) => ![7, 70, 150].includes(row)), 1e-9);
  assert.equal(new NormBins(d).typical().sums.rows, 0);
});
