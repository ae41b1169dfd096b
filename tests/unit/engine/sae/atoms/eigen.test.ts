import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../../src/engine/random.ts';
import { symmetricEigen } from '../../../../../src/engine/sae/atoms/eigen.ts';
import { assertClose } from '../../../../support/closeness.ts';

function rebuilt(values: Float64Array, vectors: Float64Array, d: number): Float64Array {
  return Float64Array.from({ length: d * d }, (_, at) => {
    const [row, column] = [Math.floor(at / d), at % d];
    let sum = 0;
    for (let i = 0; i < d; i++) sum += values[i]! * vectors[i * d + row]! * vectors[i * d + column]!;
    return sum;
  });
}

test('a matrix of two: eigenvalues 1 and 3, eigenvectors on the diagonals', () => {
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
  assertClose(values, [1, 3], 1e-14);
  assertClose(vectors.map(Math.abs), Array(4).fill(Math.SQRT1_2), 1e-14);
  assert.ok(vectors[0]! * vectors[1]! < 0 && vectors[2]! * vectors[3]! > 0);
});

test('random, repeated, diagonal, zero and tiny matrices are rebuilt from their parts, which are orthonormal and in order', () => {
  const random = Random.from(1);
  for (const d of [1, 2, 3, 4, 17, 60]) {
    const g = Float64Array.from({ length: d * d }, () => random.normal());
    const symmetric = g.map((value, at) => value + g[(at % d) * d + Math.floor(at / d)]!);
    const onDiagonal = (value: (i: number) => number): Float64Array => Float64Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? value(at / (d + 1)) : 0));
    const rankOne = g.map((_, at) => g[Math.floor(at / d)]! * g[at % d]!);
    for (const matrix of [symmetric, onDiagonal((i) => (i * 7) % 3), onDiagonal(() => 0), rankOne, symmetric.map((v) => v * 1e-150)]) {
      const { values, vectors } = symmetricEigen(matrix, d);
      const largest = Math.max(...matrix.map(Math.abs), 1e-300);
      const back = rebuilt(values, vectors, d);
      assertClose(back.map((v) => v / largest), matrix.map((v) => v / largest), 1e-11, `d ${d}`);
      assertClose(rebuilt(new Float64Array(d).fill(1), vectors, d), onDiagonal(() => 1), 1e-12, `d ${d}: rows and columns are orthonormal`);
      assert.ok(values.every((value, i) => i === 0 || value >= values[i - 1]!));
    }
  }
});

test('entries that are not finite and other sizes are refused', () => {
  assert.throws(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2), { kind: 'not-finite' });
  assert.throws(() => symmetricEigen(new Float64Array(5), 2), { kind: 'mismatch' });
});
