import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchesOf, rowsOf, storeContexts } from '../../../../src/engine/eval/contexts.ts';
import { sideBySide } from '../../../../src/engine/train/row-parts.ts';
import { openStore } from '../../../../src/engine/store/open.ts';
import { smallLayout, writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const [first, second] = smallLayout.hooks.map(({ name }) => name) as [string, string];

test('hooks stand side by side, a target beside them, and only the last contexts count', async (t) => {
  const folder = temporaryFolder(t);
  await writeSmallStore(folder);
  const store = openStore(folder);
  const source = storeContexts(store, { read: [first, second], target: second }, 3);
  const [part] = [...rowsOf(source)];
  store.close();
  assert.deepEqual([source.contexts, part!.rows, part!.x.length, part!.y!.length], [3, 12, 60, 36]);
  // row 28 is the first of context 7: value = row + hook / 2 + column / 4
  assert.deepEqual([[...part!.x.subarray(0, 5)], [...part!.y!.subarray(0, 3)]], [[28, 28.25, 28.5, 28.75, 29], [28.5, 28.75, 29]]);
  assert.equal(part!.mask[0], 0);
  assert.match(source.data, /contexts 7 to 9/);
});

test('spliced batches are spread over the whole source', async (t) => {
  const folder = temporaryFolder(t);
  await writeSmallStore(folder);
  const store = openStore(folder);
  const source = storeContexts(store, { read: [first], target: null }, 10);
  const firsts = (tokens: number, together: number): number[] => [...batchesOf(source, tokens, together)].map((batch) => batch.tokens[0]! / 4);
  assert.deepEqual([firsts(16, 2), firsts(1000, 4), firsts(1, 8)], [[0, 5], [0, 3, 6], [0]]);
  assert.throws(() => storeContexts(store, { read: ['x'], target: null }, 1), { kind: 'not-found', message: /blocks\.0/ });
  store.close();
});

test('values side by side', () => {
  assert.deepEqual([...sideBySide([Float32Array.of(1, 2), Float32Array.of(3, 4, 5, 6)], 2)], [1, 3, 4, 2, 5, 6]);
});
