import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { keepRows, matchedCosine, maximalCosines, randomBaseline, similarity } from '../../../../src/engine/posthoc/similarity.ts';
import { Random } from '../../../../src/engine/random.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

before(async () => void (await loadBackend()));

const rowsOf = (n: number, d: number, seed: number): { values: Float32Array; n: number } => ({ values: Random.from(seed).normals(n * d), n });

test('a permuted, rescaled copy is the same dictionary; an orthogonal complement has nothing of it', async (t) => {
  await eachBackend(t, () => {
    const [n, d] = [40, 12];
    const a = rowsOf(n, d, 1);
    const order = Array.from({ length: n }, (_, i) => (i * 7) % n);
    const b = { values: Float32Array.from({ length: n * d }, (_, i) => 3 * a.values[order[Math.floor(i / d)]! * d + (i % d)]!), n };
    const { aToB, bToA, mcc } = similarity(a, b);
    assertClose([aToB.mmcs, bToA.mmcs, mcc!, aToB.mcsRatio, bToA.mcsRatio], [1, 1, 1, 1, 1], 1e-5);
    assert.deepEqual([...maximalCosines(b, a).at], order);
    const [low, high] = [0, 1].map((side) => ({ values: Float32Array.from(rowsOf(9, 8, 2).values, (v, i) => (Math.floor((i % 8) / 4) === side ? v : 0)), n: 9 })) as [typeof a, typeof a];
    assertClose([similarity(low, high).aToB.mmcs, similarity(low, high).mcc!], [0, 0], 1e-6);
  });
});

test('both ways differ, and signs count unless codes are signed', () => {
  // a = {e1}; b = {e1, -e2, e3}
  const a = { values: Float32Array.of(1, 0, 0), n: 1 };
  const b = { values: Float32Array.of(1, 0, 0, 0, -1, 0, 0, 0, 1), n: 3 };
  const { aToB, bToA } = similarity(a, b);
  assertClose([aToB.mmcs, bToA.mmcs, bToA.mcsRatio], [1, 1 / 3, 1 / 3], 1e-6);
  const opposite = { values: Float32Array.of(-1, 0, 0), n: 1 };
  assertClose([similarity(a, opposite).aToB.mmcs, similarity(a, opposite, { signed: true }).aToB.mmcs, similarity(a, opposite).mcc!], [-1, 1, 1], 1e-6);
});

test('random rows come near the baseline that is printed beside them (metrics.md: 0.55 at d 32, n 128)', () => {
  assertClose([randomBaseline(128, 32)], [0.5507], 1e-3);
  // sqrt(2 ln n / d) is the leading term; at these sizes the mean maximum lies a little below it
  const { mmcs, random } = similarity(rowsOf(600, 32, 1), rowsOf(128, 32, 2)).aToB;
  assert.ok(mmcs > 0.75 * random && mmcs < random, `${mmcs} beside ${random}`);
  assert.equal(randomBaseline(1000, 2), 1);
});

test('one-to-one matching gives each row once, smaller into larger', () => {
  // two copies of e1 against {e1, e2}: one of them must take e2
  const twice = { values: Float32Array.of(1, 0, 1, 0), n: 2 };
  const basis = { values: Float32Array.of(1, 0, 0, 1), n: 2 };
  assertClose([matchedCosine(twice, basis), similarity(twice, basis).aToB.mmcs], [0.5, 1], 1e-6);
  assertClose([matchedCosine(basis, { values: Float32Array.of(1, 0), n: 1 })], [1], 1e-6);
});

test('only latents that are alive, and other widths are refused', () => {
  assert.deepEqual(keepRows({ values: Float32Array.of(1, 2, 3, 4), n: 2 }, [0, 5]), { values: Float32Array.of(3, 4), n: 1 });
  assert.throws(() => similarity(rowsOf(2, 3, 1), rowsOf(2, 4, 1)), { kind: 'mismatch', message: /3 numbers.*4/ });
});
