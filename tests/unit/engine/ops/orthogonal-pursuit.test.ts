import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeastSquares, orthogonalPursuit } from '../../../../src/engine/ops/orthogonal-pursuit.ts';
import type { Gram } from '../../../../src/engine/ops/orthogonal-pursuit.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';

/** The identity beside the Hadamard matrix, unit rows float32 [2 d, d]: coherence 1 / sqrt(d). */
function identityAndHadamard(d: number): Float32Array {
  return Float32Array.from({ length: 2 * d * d }, (_, at) => {
    const [j, i] = [Math.floor(at / d), at % d];
    if (j < d) return Number(j === i);
    let odd = 0;
    for (let bits = (j - d) & i; bits > 0; bits &= bits - 1) odd ^= 1;
    return (odd === 0 ? 1 : -1) / Math.sqrt(d);
  });
}

function products(atoms: Float32Array, x: ArrayLike<number>, d: number): Float32Array {
  return Float32Array.from({ length: atoms.length / d }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += atoms[j * d + i]! * x[i]!;
    return sum;
  });
}

function gramOf(atoms: Float32Array, d: number): Gram {
  const n = atoms.length / d;
  const values = new Float32Array(n * n);
  for (let j = 0; j < n; j++) values.set(products(atoms, atoms.subarray(j * d, (j + 1) * d), d), j * n);
  return { values, stride: n };
}

/** The plain pursuit by |c|: atoms in order, repeats included, until only rounding is left. */
function plainPursuit(p: Float32Array, { values, stride }: Gram, steps: number): number[] {
  const c = Float64Array.from(p);
  const chosen: number[] = [];
  while (chosen.length < steps) {
    const j = c.reduce((best, value, at) => (Math.abs(value) > Math.abs(c[best]!) ? at : best), 0);
    const coefficient = c[j]!;
    if (Math.abs(coefficient) < 1e-4) break;
    for (let i = 0; i < c.length; i++) c[i]! -= coefficient * values[j * stride + i]!;
    chosen.push(j);
  }
  return chosen;
}

test('least squares by hand', () => {
  // atoms (1,0) and (0.6,0.8), x = (1,2): 0.8 b = 2, a + 0.6 b = 1
  const [system, out] = [new LeastSquares(2), new Float64Array(2)];
  assert.ok(system.add([1], 1));
  assert.equal(system.gain, 1);
  assert.ok(system.add([0.6, 1], 0.6 + 1.6));
  assertClose([system.gain], [4], 1e-12);
  system.solve(out);
  assertClose(out, [-0.5, 2.5], 1e-12);
  system.clear();
  assert.ok(system.add([1], 3));
  assert.ok(!system.add([1, 1], 3), 'the same atom again is refused');
});

test('with coherence below 1 / (2s - 1) the orthogonal form finds every support in s steps, and plain pursuit never leaves the support', () => {
  // d 64: coherence 1/8 < 1/(2s - 1) up to s = 4
  const [d, s] = [64, 4];
  const atoms = identityAndHadamard(d);
  const gram = gramOf(atoms, d);
  const random = Random.from(5);
  let more = 0;
  for (let sample = 0; sample < 500; sample++) {
    const support = [...random.shuffle(Array.from({ length: 2 * d }, (_, j) => j))].slice(0, s).sort((a, b) => a - b);
    const truth = support.map(() => (0.5 + random.uniform()) * (random.uniform() < 0.5 ? -1 : 1));
    const x = Float64Array.from({ length: d }, (_, i) => support.reduce((sum, j, at) => sum + truth[at]! * atoms[j * d + i]!, 0));
    const p = products(atoms, x, d);
    const code = orthogonalPursuit(p, gram, x.reduce((sum, v) => sum + v * v, 0), s, 0);
    assert.deepEqual([...code.atoms].sort((a, b) => a - b), support, `sample ${sample}`);
    assertClose(support.map((j) => code.coefficients[code.atoms.indexOf(j)]!), truth, 1e-5);
    assert.ok(code.error < 1e-5);
    const plain = plainPursuit(p, gram, 8);
    assert.ok(plain.every((j) => support.includes(j)), `sample ${sample}: ${plain} left ${support}`);
    more += Number(plain.length > s);
  }
  assert.ok(more > 400, `plain pursuit takes more than s steps on ${more} of 500`);
});

test('it stops at the limit, at the number of steps and where nothing is left', () => {
  const gram = gramOf(Float32Array.of(1, 0, 0, 1), 2);
  const p = Float32Array.of(2, 1);
  assert.deepEqual(orthogonalPursuit(p, gram, 5, 1, 0), { atoms: [0], coefficients: [2], error: 1 });
  assert.deepEqual(orthogonalPursuit(p, gram, 5, 2, 1).atoms, [0], 'the error 1 is at the limit');
  assert.deepEqual(orthogonalPursuit(p, gram, 5, 9, 0).atoms, [0, 1]);
  assert.deepEqual(orthogonalPursuit(new Float32Array(2), gram, 0, 2, -1).atoms, []);
  assert.throws(() => orthogonalPursuit(p, gram, 5, 0, 0), { kind: 'bad-request' });
});
