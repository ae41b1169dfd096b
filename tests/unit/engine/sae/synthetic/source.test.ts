import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SynSource } from '../../../../../src/engine/sae/synthetic/source.ts';
import { assertClose } from '../../../../support/closeness.ts';

const task = { n0: 6, d: 4, s: 2 };
const rowsOf = (x: Float32Array, d: number): Float32Array[] => Array.from({ length: x.length / d }, (_, r) => x.subarray(r * d, (r + 1) * d));

test('signed samples use both signs', async () => {
  const plain = await new SynSource({ ...task, n0: 4, s: 1 }, 1, 'syn').next(200);
  const signed = new SynSource({ ...task, n0: 4, s: 1 }, 1, 'syn-signed');
  const batch = await signed.next(200);
  // with one feature a sample, the sign of the product with its direction is that of the magnitude
  const signs = (x: Float32Array): Set<number> => new Set(rowsOf(x, 4).flatMap((row) => rowsOf(signed.directions, 4)
    .filter((v) => Math.abs(Math.abs(row.reduce((sum, value, i) => sum + value * v[i]!, 0)) - Math.hypot(...row)) < 1e-5)
    .map((v) => Math.sign(row.reduce((sum, value, i) => sum + value * v[i]!, 0)))));
  assert.deepEqual([...signs(plain.x)], [1]);
  assert.deepEqual([...signs(batch.x)].sort(), [-1, 1]);
});

test('two rotations of one code: each half has the norm of the other, the halves differ, directions are those of both', async () => {
  const source = new SynSource(task, 2, 'rotations');
  const { x } = await source.next(50);
  assert.deepEqual([source.dIn, source.sources, source.directions.length], [8, 2, 6 * 8]);
  for (const row of rowsOf(x, 8)) {
    assertClose([Math.hypot(...row.subarray(0, 4))], [Math.hypot(...row.subarray(4))], 1e-5);
    assert.ok(Math.abs(row[0]! - row[4]!) + Math.abs(row[1]! - row[5]!) > 1e-3);
  }
});

test('transcoder targets are the same code in other directions, and samples of both belong together', async () => {
  const source = new SynSource({ n0: 4, d: 4, s: 1 }, 3, 'transcoder');
  const { x, y } = await source.next(100);
  const shares = rowsOf(x, 4).map((row, r) => Math.hypot(...row) / Math.hypot(...y!.subarray(r * 4, r * 4 + 4)));
  assertClose(shares, shares.map(() => 1), 1e-5);
  assert.equal((await source.sampleTargets!(30)).length, (await source.sample(30)).length);
  for await (const part of source.heldOut()) assert.equal(part.y!.length, part.x.length);
});
