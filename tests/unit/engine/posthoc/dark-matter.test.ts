import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { columns, darkMatter, difference, errorRows, selectRows, squaredNorms, withoutSinks } from '../../../../src/engine/posthoc/dark-matter.ts';
import type { DarkMatter, ErrorRows } from '../../../../src/engine/posthoc/dark-matter.ts';
import { Random } from '../../../../src/engine/random.ts';
import { checkDictionary } from '../../../../src/engine/eval/self-check.ts';
import { assertClose } from '../../../support/closeness.ts';
import { noiseGrid } from '../../../support/noise-grid.ts';
import { trainedOnSyn } from '../../../support/syn-topk.ts';

before(async () => void (await loadBackend()));

const [rows, d] = [20_000, 8];
const x = Random.from(1).normals(rows * d).map((v, i) => v * (1 + (i % d)));
const options = { seed: 0, intercept: false };

/** The analysis of errors float32 [rows, d], in parts of 3,000 rows. */
function analyse(errors: Float32Array): Promise<DarkMatter> {
  const parts = function* (): Generator<ErrorRows> {
    for (let first = 0; first < rows; first += 3000) {
      const range = [first * d, Math.min(rows, first + 3000) * d] as const;
      const target = x.slice(...range);
      yield { x: target, target, reconstruction: difference(target, errors.slice(...range)), rows: target.length / d };
    }
  };
  return darkMatter(parts, options);
}

/** x times a float32 [d, d]. */
function product(a: Float32Array): Float32Array {
  return Float32Array.from({ length: rows * d }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += x[Math.floor(at / d) * d + k]! * a[k * d + (at % d)]!;
    return sum;
  });
}

test('a known linear error under noise of known variance is found, and so is its share (check a)', async () => {
  const a0 = Random.from(2).normals(d * d, 0.3);
  const linear = product(a0);
  const noise = Random.from(3).normals(rows * d, 2);
  const { error, map, tokens, fvu, fvuNonlinear, linearShare } = await analyse(linear.map((v, i) => v + noise[i]!));
  const [signal, disturbance] = [linear, noise].map((values) => values.reduce((sum, v) => sum + v * v, 0)) as [number, number];
  assertClose([error.pooled], [signal / (signal + disturbance)], 0.02);
  const frobenius = Math.sqrt(map.matrix.reduce((sum, v, i) => sum + (v - a0[i]!) ** 2, 0) / a0.reduce((sum, v) => sum + v * v, 0));
  assert.ok(frobenius < 0.05, `relative Frobenius error ${frobenius}`);
  assert.ok(Math.abs(tokens.fit - rows / 2) < 300 && tokens.fit + tokens.score === rows);
  assertClose([linearShare], [1 - fvuNonlinear / fvu], 1e-12);
  assertClose([linearShare], [error.pooled], 0.02);
});

test('shrinkage is all linear (check b)', async () => {
  const { error, fvuNonlinear, fvu, norms } = await analyse(x.map((v) => -0.1 * v));
  assertClose([error.mean, error.pooled], [1, 1], 1e-5);
  assert.ok(fvuNonlinear < 1e-5 * fvu);
  // |E|^2 is a hundredth of |x|^2: each is as predictable as the other
  assertClose([norms.error, norms.linear], [norms.activation, norms.activation], 1e-3);
});

test('errors in another order than their inputs are not predicted (check c)', async () => {
  const errors = product(Random.from(2).normals(d * d, 0.3));
  const order = Float64Array.from(Random.from(4).normals(rows)).map((key, i) => key * 1e6 + i / 1e9);
  const shuffled = selectRows(errors, [...order.keys()].sort((a, b) => order[a]! - order[b]!), d);
  const { error } = await analyse(shuffled);
  assert.ok(error.pooled <= 0.02 && error.mean <= 0.02 && error.pooled > -0.05, JSON.stringify(error));
});

test('attention sinks are left out, by the median of the first part', async () => {
  const part = (values: readonly number[]): ErrorRows => ({ x: Float32Array.from(values), target: Float32Array.from(values), reconstruction: new Float32Array(values.length), rows: values.length });
  const seen: number[][] = [];
  for await (const { x: kept, target, rows: count } of withoutSinks([part([1, -2, 3, 40]), part([29, 31])], 10)) {
    assert.deepEqual([...target], [...kept]);
    assert.equal(count, kept.length);
    seen.push([...kept]);
  }
  // squares 1, 4, 9, 1600: the upper of the two in the middle is 9, so that |x| up to 30 stays
  assert.deepEqual(seen, [[1, -2, 3], [29]]);
});

test('too few tokens are refused', async () => {
  const part = { x: x.slice(0, 100 * d), target: x.slice(0, 100 * d), reconstruction: new Float32Array(100 * d), rows: 100 };
  await assert.rejects(darkMatter(() => [part], options), { kind: 'bad-request', message: /at least 160 rows/ });
  await assert.rejects(darkMatter(() => [], options), { kind: 'bad-request' });
});

test('what is not yet learned shows as linear error, what the dictionary adds as nonlinear (check d)', { timeout: 170_000 }, async (t) => {
  const { own, crossed } = await noiseGrid(await trainedOnSyn(t));
  t.diagnostic(`correlations ${own.map((c) => c.toFixed(3)).join(', ')}; crossed ${crossed.map((c) => c.toFixed(3)).join(', ')}`);
  assert.ok(Math.min(...own) > 0.9 && Math.min(...own) > Math.max(...crossed));
});

test('rows that do not count are left out; norms and columns', () => {
  const dictionary = checkDictionary('identity', new Float32Array(2));
  const [part] = [...errorRows(dictionary, [{ x: Float32Array.of(1, 2, 3, 4), rows: 2, mask: Uint8Array.of(0, 1) }, { x: Float32Array.of(5, 6), rows: 1, mask: Uint8Array.of(0) }])];
  assert.deepEqual([part!.rows, [...part!.x], [...part!.reconstruction]], [1, [3, 4], [3, 4]]);
  assert.deepEqual([[...squaredNorms(Float32Array.of(3, 4, 1, 0), 2)], [...columns([Float32Array.of(1, 2), Float32Array.of(3, 4)], 2)]], [[25, 1], [1, 3, 2, 4]]);
});
