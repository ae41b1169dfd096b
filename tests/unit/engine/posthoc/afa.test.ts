import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowNorms } from '../../../../src/engine/eval/firing.ts';
import { admissibleBand, codeSquares, epsilonLbo, evaluateAfa } from '../../../../src/engine/posthoc/afa.ts';
import type { AfaFigures } from '../../../../src/engine/posthoc/afa.ts';
import { Random } from '../../../../src/engine/random.ts';
import { coherenceOf } from '../../../../src/engine/sae/atoms/coherence.ts';
import type { Dictionary, SparseCodes } from '../../../../src/engine/sae/dictionary.ts';
import { unitRows } from '../../../../src/engine/sae/parts.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { provenance } from '../../../support/provenance.ts';

/** Codes float32 [rows, n] with a slot for each latent. */
function codesOf(dense: ArrayLike<number>, rows: number): SparseCodes {
  const n = dense.length / rows;
  return { rows, width: n, values: Float32Array.from(dense), indices: Int32Array.from({ length: rows * n }, (_, i) => i % n) };
}

/** A dictionary whose codes are given, whatever it encodes; its reconstructions are theirs. */
function given(wDec: Float32Array, bDec: Float32Array, dense: readonly number[]): Dictionary {
  const [d, n] = [bDec.length, wDec.length / bDec.length];
  const decode = ({ rows, values }: SparseCodes): Float32Array => Float32Array.from({ length: rows * d }, (_, at) => {
    const [row, i] = [Math.floor(at / d), at % d];
    return bDec[i]! + Array.from({ length: n }, (__, j) => values[row * n + j]! * wDec[j * d + i]!).reduce((a, b) => a + b, 0);
  });
  const encode = (_x: Float32Array, rows: number): SparseCodes => codesOf(dense, rows);
  return { dIn: d, dSae: n, dOut: d, provenance: provenance(), wDec, bDec, encode, decode, reconstruct: (x, rows) => decode(encode(x, rows)), dispose: () => {} };
}

const part = (x: Float32Array, rows: number, mask: number[] = new Array<number>(rows).fill(1)): { x: Float32Array; rows: number; mask: Uint8Array }[] => [{ x, rows, mask: Uint8Array.from(mask) }];
const of = (dictionary: Dictionary, x: Float32Array, z: 'input' | 'reconstruction', mask?: number[]): Promise<AfaFigures> =>
  evaluateAfa(dictionary, part(x, x.length / dictionary.dIn, mask), { z });

// sae-variants.md section 2, check (a)
test('an orthonormal decoder without bias: codes are as large as reconstructions, and epsilon-LBO is 0', async (t) => {
  await eachBackend(t, async () => {
    const eye = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    const figures = await of(given(eye, new Float32Array(3), [3, 0, 4, 1, 1, 1]), Float32Array.of(1, 2, 3, 4, 5, 6), 'reconstruction');
    assertClose(figures.fNorms, [5, Math.sqrt(3)], 1e-5);
    assertClose(figures.fNorms, figures.zNorms, 1e-5);
    assert.ok(figures.epsilonLbo.p99 < 1e-5 && Math.abs(figures.logRatio) < 1e-5 && figures.epsilonMax < 1e-6);
    // all epsilons are possible: the band is the diagonal
    assertClose([figures.band!.low, figures.band!.high], [1, 1], 1e-5);
  });
});

// check (b)
test('the bound holds for a random decoder of unit rows, and not where one row is longer and not counted so', async (t) => {
  await eachBackend(t, () => {
    const [n, d, rows, k] = [60, 24, 200, 5];
    const random = Random.from(1);
    const unit = unitRows(random.normals(n * d), n, d);
    const dense = Array.from({ length: rows * n }, () => 0);
    for (let row = 0; row < rows; row++) for (let i = 0; i < k; i++) dense[row * n + random.integer(n)] = 0.5 + random.uniform();
    const within = (wDec: Float32Array, norms: Float64Array): number => {
      const z = given(wDec, new Float32Array(d), dense).decode(codesOf(dense, rows), new Float32Array(0));
      const [zNorms, squares] = [rowNorms(z, rows), codeSquares(codesOf(dense, rows), norms, 0)];
      const epsilon = coherenceOf(wDec, n, d).max;
      return squares.reduce((count, square, row) => {
        const l1 = Array.from({ length: n }, (_, j) => dense[row * n + j]! * norms[j]!).reduce((a, b) => a + b, 0);
        return count + Number(Math.abs(zNorms[row]! ** 2 - square) <= epsilon * (l1 ** 2 - square) + 1e-4);
      }, 0);
    };
    assert.equal(within(unit, rowNorms(unit, n)), rows);
    const long = unit.map((value, at) => (at < d ? 6 * value : value));
    assert.equal(within(long, rowNorms(long, n)), rows);
    assert.ok(within(long, rowNorms(unit, n)) < rows);
  });
});

// check (c)
test('two features at cosine c, both active: epsilon-LBO is |c|', async (t) => {
  await eachBackend(t, async () => {
    for (const c of [0.6, -0.28, 0.96]) {
      const figures = await of(given(Float32Array.of(1, 0, c, Math.sqrt(1 - c * c)), new Float32Array(2), [1, 1]), Float32Array.of(9, 9), 'reconstruction');
      assertClose([figures.zNorms[0]! ** 2, figures.epsilonLbo.median, figures.epsilonMax], [2 + 2 * c, Math.abs(c), Math.abs(c)], 1e-5);
      const band = admissibleBand(Math.abs(c), 2)!;
      assertClose([band.low, band.high], [1 / Math.sqrt(1 + Math.abs(c)), 1 / Math.sqrt(1 - Math.abs(c))], 1e-9);
      // on the edge of what this epsilon allows
      assertClose([figures.zNorms[0]! / figures.fNorms[0]!], [c > 0 ? 1 / band.low : 1 / band.high], 1e-5);
    }
    assert.equal(admissibleBand(0.5, 3), null);
  });
});

// check (d)
test('a code twice as large moves up by exactly 2 from the diagonal, with epsilon-LBO 3/4 / (n - 1)', async (t) => {
  await eachBackend(t, async () => {
    const eye = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    const x = Float32Array.of(3, 0, 4);
    const [on, above] = [await of(given(eye, new Float32Array(3), [3, 0, 4]), x, 'input'), await of(given(eye, new Float32Array(3), [6, 0, 8]), x, 'input')];
    assertClose([on.fNorms[0]!, above.fNorms[0]!, above.zNorms[0]!], [5, 10, 5], 1e-6);
    assertClose([on.epsilonLbo.median, above.epsilonLbo.median], [0, 0.75 / 2], 1e-6);
    assertClose([above.logRatio, above.overActivated, on.overActivated], [Math.log(2), 1, 0], 1e-6);
    assert.equal(epsilonLbo(25, 100, 3), 0.375);
  });
});

test('rows that are not units count with their norms, and the bias is one more feature', async (t) => {
  await eachBackend(t, async () => {
    // |f|^2 = (2 * 3)^2 + |b|^2 = 36 + 64
    const figures = await of(given(Float32Array.of(3, 0, 0, 5), Float32Array.of(0, 8), [2, 0]), Float32Array.of(6, 8), 'input');
    assertClose([figures.fNorms[0]!, figures.zNorms[0]!], [10, 10], 1e-6);
    // latent 1 and the bias are parallel
    assertClose([figures.features, figures.epsilonMax, figures.epsilonLbo.median], [3, 1, 0], 1e-6);
    assert.equal(figures.band, null);
  });
});

test('masked rows are left out, rows without a code are counted apart, quantiles are over the rest', async (t) => {
  await eachBackend(t, async () => {
    const eye = Float32Array.of(1, 0, 0, 1);
    const dense = [1, 0, 2, 0, 0, 0, 5, 5, 4, 3];
    const figures = await of(given(eye, new Float32Array(2), dense), Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0, 0, 5), 'input', [1, 1, 1, 0, 1]);
    assert.deepEqual([figures.rows, figures.silent], [4, 1]);
    assertClose(figures.zNorms, [1, 1, 1, 5], 1e-6);
    assertClose(figures.fNorms, [1, 2, 0, 5], 1e-6);
    // 0, 3/4, 0
    assertClose([figures.epsilonLbo.q1, figures.epsilonLbo.median, figures.epsilonLbo.p99], [0, 0, 0.75], 1e-6);
    assertClose([figures.logRatio], [Math.log(2) / 3], 1e-6);
    assert.deepEqual([figures.l0.q1, figures.l0.median, figures.l0.p99], [0, 1, 2]);
  });
});

test('nothing to count, and targets of another width, are refused', async (t) => {
  await eachBackend(t, async () => {
    const dictionary = given(Float32Array.of(1, 0, 0, 1), new Float32Array(2), [1, 0]);
    await assert.rejects(of(dictionary, Float32Array.of(1, 0), 'input', [0]), { kind: 'bad-request' });
    await assert.rejects(evaluateAfa({ ...dictionary, dOut: 3, bDec: new Float32Array(3), wDec: new Float32Array(6) }, part(Float32Array.of(1, 0), 1), { z: 'input' }), { kind: 'mismatch' });
  });
});
