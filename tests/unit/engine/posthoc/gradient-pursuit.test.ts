import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradientPursuit } from '../../../../src/engine/posthoc/gradient-pursuit.ts';
import { decodeCodes } from '../../../../src/engine/posthoc/pursuit-reconstruction.ts';
import { Random } from '../../../../src/engine/random.ts';
import type { SparseCodes } from '../../../../src/engine/sae/dictionary.ts';
import { unitRows } from '../../../../src/engine/sae/parts.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const dense = ({ rows, width, indices, values }: SparseCodes, n: number): number[][] => Array.from({ length: rows }, (_, row) => {
  const out = new Array<number>(n).fill(0);
  for (let slot = row * width; slot < (row + 1) * width; slot++) out[indices[slot]!]! += values[slot]!;
  return out;
});

/** An orthonormal basis of R^4 (Hadamard). */
const basis = Float32Array.of(1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1).map((v) => v / 2);

test('over an orthonormal decoder it is TopK of ReLU(t D^T), each row with its own budget (check e)', async (t) => {
  await eachBackend(t, () => {
    const rows = 40;
    const targets = Random.from(1).normals(rows * 4);
    const budgets = Array.from({ length: rows }, (_, row) => row % 5);
    const codes = dense(gradientPursuit(targets, rows, basis, 4, budgets), 4);
    codes.forEach((weights, row) => {
      const products = [0, 1, 2, 3].map((j) => [0, 1, 2, 3].reduce((sum, i) => sum + targets[row * 4 + i]! * basis[j * 4 + i]!, 0));
      const kept = [...products.keys()].sort((a, b) => products[b]! - products[a]!).slice(0, budgets[row]);
      assertClose(weights, products.map((value, j) => (kept.includes(j) ? Math.max(0, value) : 0)), 1e-5, `row ${row}`);
    });
  });
});

test('another latent never makes the residual longer while no weight is held at 0', async (t) => {
  await eachBackend(t, () => {
    const [rows, n, d] = [30, 24, 12];
    const wDec = unitRows(Random.from(2).normals(n * d), n, d);
    // sums of five atoms with weights from 1 to 2: nothing wants a negative weight at first
    const random = Random.from(3);
    const targets = new Float32Array(rows * d);
    for (let row = 0; row < rows; row++) {
      for (let a = 0; a < 5; a++) {
        const [atom, weight] = [random.integer(n), 1 + random.uniform()];
        for (let i = 0; i < d; i++) targets[row * d + i]! += weight * wDec[atom * d + i]!;
      }
    }
    const lengths = [0, 1, 2, 3, 4, 5].map((k) => {
      const codes = gradientPursuit(targets, rows, wDec, n, new Array<number>(rows).fill(k));
      const y = decodeCodes(codes, wDec, new Float32Array(d));
      const free = dense(codes, n).map((weights) => weights.filter((v) => v > 0).length === k);
      return Array.from({ length: rows }, (_, row) => ({ free: free[row]!, length: Math.hypot(...Array.from({ length: d }, (_, i) => targets[row * d + i]! - y[row * d + i]!)) }));
    });
    let compared = 0;
    for (let k = 1; k < lengths.length; k++) {
      lengths[k]!.forEach(({ length, free }, row) => {
        if (!free || !lengths.slice(0, k).every((at) => at[row]!.free)) return;
        compared++;
        assert.ok(length <= lengths[k - 1]![row]!.length + 1e-5, `row ${row}, ${k} latents`);
      });
    }
    assert.ok(compared > 25, `${compared} steps compared`);
  });
});

test('the first choice is the best single atom, the second the best for what is left: worked by hand', async (t) => {
  await eachBackend(t, () => {
    // atoms e1, e2 and (0.6, 0.8); target (3, 4.5): products 3, 4.5 and 5.4. One step along the third: weight 5.4, residual (-0.24, 0.18).
    const wDec = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);
    const targets = Float32Array.of(3, 4.5, 3, 4.5);
    const codes = dense(gradientPursuit(targets, 2, wDec, 3, [1, 2]), 3);
    assertClose(codes[0]!, [0, 0, 5.4], 1e-5);
    // then e2 joins with product 0.18, the third has 0: step 1 along e2
    assertClose(codes[1]!, [0, 0.18, 5.4], 1e-5);
  });
});

test('no budget gives no codes; a target of 0 keeps its weights at 0', async (t) => {
  await eachBackend(t, () => {
    assert.deepEqual(gradientPursuit(new Float32Array(4), 1, basis, 4, [0]), { rows: 1, width: 0, indices: new Int32Array(0), values: new Float32Array(0) });
    const { values } = gradientPursuit(new Float32Array(4), 1, basis, 4, [3]);
    assert.deepEqual([...values], [0, 0, 0]);
  });
});
