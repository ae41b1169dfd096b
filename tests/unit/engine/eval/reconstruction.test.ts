import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saelens654 } from '../../../../src/engine/eval/compat/saelens.ts';
import { evaluateDictionary } from '../../../../src/engine/eval/reconstruction.ts';
import type { Dictionary, SparseCodes } from '../../../../src/engine/sae/dictionary.ts';
import { assertClose } from '../../../support/closeness.ts';
import { provenance } from '../../../support/provenance.ts';

const codesOf = (rows: number): SparseCodes => ({ rows, width: 1, indices: new Int32Array(rows).fill(1), values: new Float32Array(rows).fill(1) });

/** Halves each number; gives `dOut` of them. */
function half(dIn: number, dOut: number): Dictionary {
  const decode = (x: Float32Array, rows: number): Float32Array => Float32Array.from({ length: rows * dOut }, (_, i) => x[Math.floor(i / dOut) * dIn + (i % dOut)]! / 2);
  return {
    dIn, dOut, dSae: 4, provenance: provenance(), wDec: new Float32Array(4 * dOut).fill(1), bDec: new Float32Array(dOut),
    encode: (_x, rows) => codesOf(rows), decode: (codes, x) => decode(x, codes.rows), reconstruct: decode, dispose: () => {},
  };
}

test('a dictionary is evaluated over parts: rows that count, all rows, and the others', async () => {
  const parts = [[1, 2], [3, 100]].map((values, i) => ({ x: Float32Array.from(values), rows: 2, mask: Uint8Array.of(1, i === 0 ? 1 : 0) }));
  const seen: number[] = [];
  const { masked, unmasked, excluded, mean, firing } = await evaluateDictionary(half(1, 1), parts, async (rows) => void seen.push(rows));
  // 1, 2, 3 have variance sum 2; errors (1 + 4 + 9) / 4
  assertClose([masked.fvu, masked.rows, unmasked.rows, excluded.rows, excluded.mse, ...mean], [1.75, 3, 4, 1, 2500, 2], 1e-12);
  // 1, 2, 3, 100: mean 26.5, variance sum 10014 - 4 * 26.5^2 = 7205; errors 10014 / 4
  assertClose([unmasked.fvu, unmasked.l0, unmasked.dead], [10014 / 4 / 7205, 1, 0.75], 1e-12);
  assert.deepEqual([seen, [...firing.firings]], [[2, 4], [0, 3, 0, 0]]);
});

test('a transcoder is measured against its targets and their variance', async () => {
  const part = { x: Float32Array.of(2, 9, 4, 9), y: Float32Array.of(1, 4), rows: 2, mask: Uint8Array.of(1, 1) };
  const { masked } = await evaluateDictionary(half(2, 1), [part]);
  // it predicts 1, 2 for 1, 4: error 4, variance sum 4.5
  assertClose([masked.fvu], [4 / 4.5], 1e-12);
});

test('pairs without targets, and rows of another hook, are refused', async () => {
  const part = { x: Float32Array.of(2, 9, 4, 9), rows: 2, mask: Uint8Array.of(1, 1) };
  await assert.rejects(evaluateDictionary(half(2, 1), [part]), { kind: 'mismatch', message: /predicts another hook/ });
  await assert.rejects(evaluateDictionary(half(2, 2), [{ ...part, y: Float32Array.of(1, 2) }]), { kind: 'mismatch' });
});

test('compat forms see the rows that count, part by part', async () => {
  const sums = saelens654.create(4);
  const part = { x: Float32Array.of(1, 2, 100), rows: 3, mask: Uint8Array.of(1, 1, 0) };
  const { masked } = await evaluateDictionary(half(1, 1), [part, { ...part, x: Float32Array.of(3, 5, 0) }], undefined, [sums]);
  assertClose([sums.result()['explained_variance']!, sums.result()['l0']!], [masked.ev, 1], 1e-12);
});
