import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { encodeTier, packedEncode, packedPays, recallOf, usablePrecision } from '../../../../src/engine/ops/low-precision.ts';
import type { Precision } from '../../../../src/engine/ops/low-precision.ts';
import { encodeTopK, plainEncodeTopK } from '../../../../src/engine/ops/top-k.ts';
import type { TopKCodes } from '../../../../src/engine/ops/top-k.ts';
import { Random } from '../../../../src/engine/random.ts';
import { useBackend } from '../../../support/backends.ts';
import { absent } from '../../../support/backend.ts';
import { assertClose } from '../../../support/closeness.ts';

const noRuntime = await absent('tensorflow');
if (noRuntime === false) await useBackend('tensorflow');
const skip = noRuntime !== false ? noRuntime : encodeTier('f32') === 'none' ? 'this processor has neither AVX512-BF16 nor AMX' : false;
const skipInt8 = skip !== false ? skip : encodeTier('int8') === 'none' ? 'this processor has no int8 product' : false;

interface Problem {
  readonly x: Tensor2D;
  readonly wEnc: Tensor2D;
  readonly bEnc: Tensor1D;
}

/** White noise: the hardest case, as many latents lie close to the k-th. */
function whiteNoise(rows: number, d: number, n: number, seed = 1): Problem {
  const random = Random.from(seed, 'white noise');
  return {
    x: tf.tensor2d(random.normals(rows * d), [rows, d]),
    wEnc: tf.tensor2d(random.normals(n * d, 1 / Math.sqrt(d)), [n, d]),
    bEnc: tf.tensor1d(random.normals(n, 0.1)),
  };
}

/** Every kept value against x . w + b of its latent, in double precision. */
function assertExactValues({ x, wEnc, bEnc }: Problem, codes: TopKCodes): void {
  const [d, k] = [x.shape[1], codes.values.shape[1]];
  const [xs, ws, bs] = [x.dataSync(), wEnc.dataSync(), bEnc.dataSync()];
  const [values, indices] = [codes.values.dataSync(), codes.indices.dataSync()];
  for (let slot = 0; slot < values.length; slot++) {
    if (values[slot] === 0) continue;
    let sum = bs[indices[slot]!]!;
    for (let i = 0; i < d; i++) sum += xs[Math.floor(slot / k) * d + i]! * ws[indices[slot]! * d + i]!;
    assertClose([values[slot]!], [sum], 2e-5, `slot ${slot}`);
    assert.ok(slot % k === 0 || values[slot - 1] === 0 || indices[slot - 1]! < indices[slot]!, 'ascending latents');
  }
}

test('float32 selection by bounds on the bfloat16 product is that of the plain product, at any shape', { skip }, () => {
  const shapes = [[1, 1, 1, 1], [3, 5, 7, 7], [33, 31, 65, 4], [40, 100, 1000, 1], [300, 64, 200, 64], [130, 70, 500, 500], [5, 768, 6145, 32], [270, 33, 2100, 300]] as const;
  for (const [rows, d, n, k] of shapes) {
    tf.tidy(() => {
      const { x, wEnc, bEnc } = whiteNoise(rows, d, n);
      const [got, want] = [packedEncode(x, wEnc, bEnc, k, 'f32'), plainEncodeTopK(x, wEnc, bEnc, k)];
      assert.deepEqual(got.indices.dataSync(), want.indices.dataSync(), `${rows} x ${d} x ${n}, k ${k}`);
      assertClose(got.values.dataSync(), want.values.dataSync(), 1e-5);
    });
  }
});

test('in low precision the kept values are those of float32, and the latents nearly all', { skip: skipInt8 }, () => {
  const lowest: Record<Precision, number> = { f32: 1, bf16: 0.998, int8: 0.999 };
  for (const [rows, d, n, k] of [[260, 768, 3000, 32], [33, 100, 1001, 8], [1, 64, 70, 70]] as const) {
    for (const precision of ['f32', 'bf16', 'int8'] as const) {
      tf.tidy(() => {
        const problem = whiteNoise(rows, d, n, 2);
        const codes = packedEncode(problem.x, problem.wEnc, problem.bEnc, k, precision);
        assertExactValues(problem, codes);
        const recall = recallOf(codes, plainEncodeTopK(problem.x, problem.wEnc, problem.bEnc, k));
        assert.ok(recall >= lowest[precision], `${precision}: recall ${recall} of ${rows} x ${d} x ${n}, k ${k}`);
      });
    }
  }
});

test('latents that differ by less than bfloat16 sees: without margins it misses some, with them none', { skip }, () => {
  tf.tidy(() => {
    const random = Random.from(3);
    const base = random.normals(64);
    const wEnc = tf.tensor2d(Float32Array.from({ length: 200 * 64 }, (_, i) => base[i % 64]! + 3e-3 * random.normal()), [200, 64]);
    const [x, bEnc] = [tf.tensor2d(random.normals(150 * 64), [150, 64]), tf.zeros([200]) as Tensor1D];
    const exact = plainEncodeTopK(x, wEnc, bEnc, 2);
    assert.ok(recallOf(packedEncode(x, wEnc, bEnc, 2, 'bf16'), exact) < 0.98);
    assert.equal(recallOf(packedEncode(x, wEnc, bEnc, 2, 'f32'), exact), 1);
  });
});

test('rows that the margins cannot narrow down are computed in full: equal latents, ties to the lower index', { skip }, () => {
  tf.tidy(() => {
    const [rows, d, n, k] = [140, 48, 900, 5];
    const random = Random.from(4);
    // latents that differ by less than bfloat16 sees, and groups of exactly equal ones
    const base = random.normals(d);
    const w = Float32Array.from({ length: n * d }, (_, i) => base[i % d]! * (1 + 1e-5 * (Math.floor(i / d) % 100)));
    const [x, wEnc, bEnc] = [tf.tensor2d(random.normals(rows * d), [rows, d]), tf.tensor2d(w, [n, d]), tf.zeros([n]) as Tensor1D];
    const [got, want] = [packedEncode(x, wEnc, bEnc, k, 'f32'), plainEncodeTopK(x, wEnc, bEnc, k)];
    assertClose(got.values.dataSync(), want.values.dataSync(), 1e-4);
    const same = tf.tile(tf.tensor2d(base, [1, d]), [n, 1]) as Tensor2D;
    const tied = packedEncode(tf.mul(tf.abs(x), tf.sign(tf.tensor2d(base, [1, d]))) as Tensor2D, same, bEnc, k, 'f32');
    for (let row = 0; row < rows; row++) assert.deepEqual([...tied.indices.dataSync().slice(row * k, (row + 1) * k)], [0, 1, 2, 3, 4]);
  });
});

test('latents of very different norms, zero rows and zero latents', { skip }, () => {
  tf.tidy(() => {
    const { x, wEnc, bEnc } = whiteNoise(150, 96, 800, 5);
    const sizes = tf.reshape(tf.tensor1d(Float32Array.from({ length: 800 }, (_, j) => (j % 50 === 0 ? 0 : 10 ** ((j % 9) - 4)))), [800, 1]);
    const rows = tf.reshape(tf.tensor1d(Float32Array.from({ length: 150 }, (_, r) => (r % 10 === 0 ? 0 : 10 ** ((r % 7) - 3)))), [150, 1]);
    const [scaledX, scaledW] = [tf.mul(x, rows) as Tensor2D, tf.mul(wEnc, sizes) as Tensor2D];
    for (const bias of [bEnc, tf.zerosLike(bEnc)]) {
      const [got, want] = [packedEncode(scaledX, scaledW, bias, 6, 'f32'), plainEncodeTopK(scaledX, scaledW, bias, 6)];
      assert.equal(recallOf(got, want), 1);
      assert.equal(recallOf(want, got), 1);
    }
  });
});

test('a row that is not finite is refused by its number, and so are weights', { skip: skipInt8 }, () => {
  for (const precision of ['f32', 'bf16', 'int8'] as const) {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      tf.tidy(() => {
        const { x, wEnc, bEnc } = whiteNoise(300, 40, 500, 6);
        const put = (tensor: tf.Tensor, at: number): tf.Tensor => {
          const values = tensor.dataSync().slice();
          values[at] = bad;
          return tf.tensor(values, tensor.shape);
        };
        assert.throws(() => encodeTopK(put(x, 277 * 40 + 39) as Tensor2D, wEnc, bEnc, 4, precision), { kind: 'not-finite', message: /row 277/ });
        assert.throws(() => encodeTopK(x, put(wEnc, 499 * 40) as Tensor2D, bEnc, 4, precision), { kind: 'not-finite' });
        assert.throws(() => encodeTopK(x, wEnc, put(bEnc, 3) as Tensor1D, 4, precision), { kind: 'not-finite' });
      });
    }
  }
});

test('recall counts what float32 keeps', () => {
  const codes = (values: number[][], indices: number[][]): TopKCodes => ({ values: tf.tensor2d(values), indices: tf.tensor2d(indices, undefined, 'int32') });
  const exact = codes([[1, 2], [3, 0]], [[4, 5], [6, 0]]);
  assert.equal(recallOf(exact, exact), 1);
  assert.equal(recallOf(codes([[1, 2], [0, 0]], [[4, 7], [6, 0]]), exact), 1 / 3);
  assert.equal(recallOf(exact, codes([[0]], [[0]])), 1);
});

test('small batches and other backends take the plain product', async () => {
  if (noRuntime === false) assert.equal(packedPays(1, 4, 'f32'), false);
  await useBackend('cpu');
  assert.equal(encodeTier('bf16'), 'none');
  assert.equal(usablePrecision('int8'), 'f32');
  tf.tidy(() => {
    const { x, wEnc, bEnc } = whiteNoise(140, 8, 20, 7);
    assert.equal(recallOf(encodeTopK(x, wEnc, bEnc, 3, 'int8'), plainEncodeTopK(x, wEnc, bEnc, 3)), 1);
  });
});

// the instruction set is chosen once a process
for (const isa of ['avx512bf16', 'avx512'] as const) {
  test(`LOUPE_ISA=${isa}: the lower tier chooses the same latents`, { skip: skipInt8 }, () => {
    const script = `
      import * as tf from '@tensorflow/tfjs-core';
      import { loadBackend } from './src/engine/backend/load.ts';
      import { encodeTier, recallOf } from './src/engine/ops/low-precision.ts';
      import { encodeTopK, plainEncodeTopK } from './src/engine/ops/top-k.ts';
      await loadBackend();
      const [x, w, b] = [tf.randomNormal([130, 70], 0, 1, 'float32', 1), tf.randomNormal([700, 70], 0, 1, 'float32', 2), tf.zeros([700])];
      const exact = plainEncodeTopK(x, w, b, 9);
      const recalls = ['f32', 'bf16', 'int8'].map((precision) => recallOf(encodeTopK(x, w, b, 9, precision), exact));
      console.log(JSON.stringify({ tiers: ['f32', 'int8'].map(encodeTier), recalls }));`;
    const args = ['--disable-warning=DEP0044', '--input-type=module-typescript', '-e', script];
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, LOUPE_ISA: isa } });
    const { tiers, recalls } = JSON.parse(output.trim().split('\n').at(-1)!) as { tiers: string[]; recalls: number[] };
    const tier = isa === 'avx512' ? 'none' : 'avx512';
    assert.deepEqual(tiers, [tier, tier]);
    assert.equal(recalls[0], 1);
    assert.ok(recalls[1]! >= 0.995 && recalls[2]! >= 0.995, String(recalls));
  });
}
