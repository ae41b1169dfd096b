import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import { HookView } from '../../../../src/engine/sweep/hook-view.ts';

const all = (): SynSource => new SynSource(defaultSyn, 1, 'rotations');
/** Columns of one half of rows of 64. */
const half = (x: Float32Array, index: number): number[] => [...x].filter((_, i) => Math.floor((i % 64) / 32) === index);

test('a view has the columns of its hook: in the sample, in batches, in held-out rows', async () => {
  for (const index of [0, 1]) {
    const view = new HookView(all(), ['a', 'b'], index);
    assert.deepEqual([view.dIn, view.identity.hookPoint], [32, ['a', 'b'][index]]);
    assert.deepEqual([...(await view.sample(4))].slice(0, 128), half(await all().sample(4), index).slice(0, 128));
    const { x } = await all().next(5);
    assert.deepEqual([...(await view.next(5)).x], half(x, index));
    for await (const part of view.heldOut()) assert.equal(part.x.length, part.rows * 32);
  }
});

test('the place is that of the whole source', async () => {
  const source = all();
  const view = new HookView(source, ['a', 'b'], 0);
  await view.next(3);
  assert.deepEqual(view.position, source.position);
  await view.seek({ batches: 7 });
  assert.deepEqual(source.position, { batches: 7 });
});
