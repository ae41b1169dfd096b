import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openStore } from '../../../../src/engine/store/open.ts';
import { isSaeLensCache, openSaeLensCache } from '../../../../src/engine/store/saelens-cache.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

// Written by sae_lens itself (tests/parity/saelens_cache_fixture.py): 5 contexts of 4 tokens in shards of 3 and 2, width 3.
const fixture = join(import.meta.dirname, '../../../fixtures/saelens-cache');

function copied(t: TestContext): string {
  const folder = join(temporaryFolder(t), 'cache');
  cpSync(fixture, folder, { recursive: true });
  return folder;
}

test('a cache of SAELens is a store: its hook, tokens and activations, across shards', (t) => {
  assert.equal(isSaeLensCache(fixture), true);
  const store = openStore(fixture);
  t.after(() => store.close());
  const { contexts, contextLength, hooks, complete } = store.manifest;
  assert.deepEqual([contexts, contextLength, hooks, complete], [5, 4, [{ name: 'blocks.1.hook_resid_post', d: 3 }], true]);
  for (let first = 0; first <= 5; first++) {
    for (let count = 0; first + count <= 5; count++) {
      const rows = Array.from({ length: count * 4 }, (_, i) => first * 4 + i);
      assert.deepEqual([...store.tokens(first, count)], rows.map((row) => row + 100));
      assert.deepEqual([...store.activations('blocks.1.hook_resid_post', first, count)], rows.flatMap((row) => [row, row + 0.25, row + 0.5]));
    }
  }
});

test('a shuffled dataset, a missing shard and names that lead elsewhere are refused', (t) => {
  const folder = copied(t);
  const state = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as Record<string, unknown>;
  const withState = (changes: object): void => writeFileSync(join(folder, 'state.json'), JSON.stringify({ ...state, ...changes }));
  withState({ _indices_files: [{ filename: 'indices.arrow' }] });
  assert.throws(() => openSaeLensCache(folder), { kind: 'unsupported', message: /shuffled/ });
  withState({ _data_files: [{ filename: 'none.arrow' }] });
  assert.throws(() => openSaeLensCache(folder), { kind: 'not-found', message: /none\.arrow/ });
  withState({ _data_files: [{ filename: '../../secret' }] });
  assert.throws(() => openSaeLensCache(folder), { kind: 'bad-file', message: /plain file name/ });
});
