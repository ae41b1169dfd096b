import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openStore } from '../../../../src/engine/store/open.ts';
import type { ActivationStore } from '../../../../src/engine/store/types.ts';
import { chooseColumns, readColumns, type ColumnOptions } from '../../../../src/engine/train/store-columns.ts';
import { smallBatch, newStore, writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const first = 'blocks.0.hook_resid_post';
const second = 'blocks.1.hook_resid_post';

async function open(t: TestContext, changes: Partial<ReturnType<typeof newStore>> = {}, until = 10): Promise<ActivationStore> {
  const folder = join(temporaryFolder(t), 'store');
  await writeSmallStore(folder, until, changes);
  const store = openStore(folder);
  t.after(() => store.close());
  return store;
}

/** A store in memory with hooks of one width; every value is `base` + row. */
function flat(hooks: readonly string[], base: number, changes: { tokens?: Int32Array } = {}): ActivationStore {
  const manifest = { ...newStore({ hooks: hooks.map((name) => ({ name, d: 2 })) }), format: 'loupe-activations', version: 1, shards: [], complete: true, contexts: 3 } as const;
  const rows = smallBatch(0, 3).tokens;
  return {
    folder: `memory-${base}`, manifest, close: () => {}, mask: () => new Uint8Array(12).fill(1), documents: () => rows,
    tokens: (from, count) => (changes.tokens ?? rows).subarray(from * 4, (from + count) * 4),
    activations: (hook, from, count) => Float32Array.from({ length: count * 8 }, (_, i) => base + 100 * hooks.indexOf(hook) + from * 4 + (i >> 1)),
  };
}

const choose = (stores: readonly ActivationStore[], options: Partial<ColumnOptions>): ReturnType<typeof chooseColumns> => chooseColumns(stores, { hookPoint: null, ...options });

test('pairs: x at one hook and y at another, of other width', async (t) => {
  const columns = choose([await open(t)], { hookPoint: first, targetHook: second });
  assert.deepEqual(columns.widths, { x: 2, y: 3 });
  const { x, y } = readColumns(columns, 0, 1, 1);
  assert.deepEqual([...x.subarray(0, 2)], [4, 4.25]);
  assert.deepEqual([...y!.subarray(0, 3)], [4.5, 4.75, 5]);
});

test('several hooks of one store stand side by side in x', () => {
  const columns = choose([flat(['a', 'b'], 0)], { hookPoints: ['b', 'a'] });
  assert.equal(columns.columns.x!.length, 2);
  assert.equal(columns.identity.hookPoint, 'b + a');
  assert.deepEqual([...readColumns(columns, 0, 0, 1).x.subarray(0, 8)], [100, 100, 0, 0, 101, 101, 1, 1]);
});

test('stores of two models with the same tokens stand side by side; with other tokens they are refused', () => {
  const columns = choose([flat(['a'], 0)], { beside: [[flat(['b'], 1000)]] });
  assert.deepEqual([...readColumns(columns, 0, 2, 1).x.subarray(0, 4)], [8, 8, 1008, 1008]);
  const changed = smallBatch(0, 3).tokens.slice();
  changed[5] = 77;
  assert.throws(() => choose([flat(['a'], 0)], { beside: [[flat(['b'], 1000, { tokens: changed })]] }), { kind: 'mismatch', message: /another token .* in context 1/u });
  assert.throws(() => choose([flat(['a'], 0)], { beside: [[]] }), { kind: 'bad-request', message: /beside names 0 stores for 1/u });
});

test('sources of different width, hooks that are not there and gradients that were not harvested are refused', async (t) => {
  const store = await open(t);
  assert.throws(() => choose([store], { hookPoints: [first, second] }), { kind: 'mismatch', message: /2 wide and .* 3/u });
  assert.throws(() => choose([store], { hookPoint: first, targetHook: 'blocks.1.hook_resid_pos' }), { kind: 'not-found', message: /did you mean blocks.1.hook_resid_post/u });
  assert.throws(() => choose([store], { hookPoint: first, gradients: true }), { kind: 'mismatch', message: /--gradients/u });
  assert.throws(() => choose([store], {}), { kind: 'bad-request', message: /set hookPoint/u });
  assert.throws(() => choose([], {}), { kind: 'bad-request', message: /names no store/u });
});

test('the gradient of a hook lies beside it under its own name, and is not taken for a hook to train at', () => {
  const columns = choose([flat(['a', 'a.grad'], 0)], { gradients: true });
  assert.deepEqual(columns.widths, { x: 2, gradient: 2 });
  assert.deepEqual([...readColumns(columns, 0, 0, 1).gradient!.subarray(0, 2)], [100, 100]);
});
