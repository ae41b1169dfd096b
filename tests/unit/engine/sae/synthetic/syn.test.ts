import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../../src/engine/random.ts';
import { defaultSyn, SynSource } from '../../../../../src/engine/sae/synthetic/source.ts';
import { synDirections, synSamples } from '../../../../../src/engine/sae/synthetic/syn.ts';
import { assertClose } from '../../../../support/closeness.ts';

test('a sample is the sum of s distinct directions with magnitudes from 0.5 to 1.5', () => {
  // orthogonal directions show the magnitudes
  const task = { n0: 6, d: 6, s: 2 };
  const identity = Float32Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1 : 0));
  const x = synSamples(task, identity, 500, Random.from(1));
  const counts = new Array<number>(6).fill(0);
  for (let row = 0; row < 500; row++) {
    const used = [...x.subarray(row * 6, row * 6 + 6)].filter((value) => value !== 0);
    assert.ok(used.length === 2 && used.every((value) => value >= 0.5 && value <= 1.5), String(used));
    x.subarray(row * 6, row * 6 + 6).forEach((value, j) => { counts[j]! += Number(value !== 0); });
  }
  for (const count of counts) assert.ok(Math.abs(count - 500 / 3) < 45, String(counts));
});

test('the same place gives the same batch, and true rows have norm 1', async () => {
  const [a, b] = [new SynSource(defaultSyn, 4), new SynSource(defaultSyn, 4)];
  await a.next(8);
  const second = await a.next(8);
  await b.seek({ batches: 1 });
  assert.deepEqual((await b.next(8)).x, second.x);
  const directions = synDirections(defaultSyn, 4);
  assertClose([Math.hypot(...directions.subarray(0, 32))], [1], 1e-6);
});
