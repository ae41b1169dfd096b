import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateDictionary, ReconstructionSums } from '../../../../src/engine/eval/reconstruction.ts';
import { Random } from '../../../../src/engine/random.ts';
import type { Dictionary, SparseCodes } from '../../../../src/engine/sae/dictionary.ts';
import { assertClose } from '../../../support/closeness.ts';
import { provenance } from '../../../support/provenance.ts';

const codesOf = (rows: number): SparseCodes => ({ rows, width: 1, indices: new Int32Array(rows).fill(1), values: new Float32Array(rows).fill(1) });

function metrics(x: Float32Array, y: Float32Array, d: number): ReturnType<ReconstructionSums['result']> {
  const sums = new ReconstructionSums(d, 4);
  sums.add(x, y, codesOf(x.length / d));
  return sums.result();
}

test('a case worked by hand', () => {
  // x = (1, 0), (3, 0): mean (2, 0), variance sum 2. y = (1, 1), (3, 0): error 1
  const { fvu, cosine, l2Ratio, l0, dead, rows } = metrics(Float32Array.of(1, 0, 3, 0), Float32Array.of(1, 1, 3, 0), 2);
  assertClose([fvu, cosine, l2Ratio, l0, dead, rows], [0.5, (Math.SQRT1_2 + 1) / 2, (Math.SQRT2 + 1) / 2, 1, 0.75, 2], 1e-12);
});

test('the mean as reconstruction has FVU 1, the data themselves 0, and scaling both changes nothing', () => {
  const x = Random.from(1).normals(300).map((v) => v + 5);
  const mean = [0, 1, 2].map((i) => x.filter((_, j) => j % 3 === i).reduce((a, b) => a + b, 0) / 100);
  assertClose([metrics(x, Float32Array.from(x, (_, i) => mean[i % 3]!), 3).fvu, metrics(x, x, 3).fvu], [1, 0], 1e-5);
  const y = Random.from(2).normals(300);
  assertClose([metrics(x.map((v) => 10 * v), y.map((v) => 10 * v), 3).fvu], [metrics(x, y, 3).fvu], 1e-5);
});

test('two halves merged equal one pass, and masked rows do not count', () => {
  const [x, y] = [Random.from(3).normals(400), Random.from(4).normals(400)];
  const [a, b, masked] = [0, 1, 2].map(() => new ReconstructionSums(4, 4)) as [ReconstructionSums, ReconstructionSums, ReconstructionSums];
  a.add(x.subarray(0, 160), y.subarray(0, 160), codesOf(40));
  b.add(x.subarray(160), y.subarray(160), codesOf(60));
  const half = Uint8Array.from({ length: 100 }, (_, r) => (r < 40 ? 1 : 0));
  masked.add(x, y, codesOf(100), half);
  assert.deepEqual(masked.result(), a.result());
  a.merge(b);
  const [merged, whole] = [a.result(), metrics(x, y, 4)];
  for (const name of ['fvu', 'cosine', 'l2Ratio', 'l0', 'dead', 'rows'] as const) assertClose([merged[name]], [whole[name]], 1e-12, name);
});

test('a dictionary is evaluated over parts, with and without the mask', async () => {
  const half: Dictionary = {
    dIn: 1, dSae: 4, provenance: provenance(), wDec: new Float32Array(4), bDec: new Float32Array(1),
    encode: (_x, rows) => codesOf(rows), reconstruct: (x) => x.map((v) => v / 2), dispose: () => {},
  };
  const parts = [[1, 2], [3, 100]].map((values, i) => ({ x: Float32Array.from(values), rows: 2, mask: Uint8Array.of(1, i === 0 ? 1 : 0) }));
  const seen: number[] = [];
  const { masked, unmasked } = await evaluateDictionary(half, parts, async (rows) => void seen.push(rows));
  // 1, 2, 3 have variance sum 2; errors (1 + 4 + 9) / 4
  assertClose([masked.fvu, masked.rows, unmasked.rows], [1.75, 3, 4], 1e-12);
  assert.deepEqual(seen, [2, 4]);
});
