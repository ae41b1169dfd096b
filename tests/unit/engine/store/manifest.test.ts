import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkManifest, contextBytes, readManifest, shardName, shardSpecs } from '../../../../src/engine/store/manifest.ts';
import type { StoreManifest } from '../../../../src/engine/store/types.ts';
import { smallLayout, writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('the layout of a shard follows from hooks, dtype and context length', () => {
  assert.equal(contextBytes(smallLayout), 4 * (4 + 4 + 5 * 2));
  assert.equal(contextBytes({ ...smallLayout, dtype: 'float32' }), 4 * (4 + 4 + 5 * 4));
  assert.deepEqual(shardSpecs(smallLayout, 3).map(({ name, dtype, shape }) => [name, dtype, ...shape]), [
    ['tokens', 'I32', 3, 4], ['documents', 'I32', 3, 4],
    ['activations.blocks.0.hook_resid_post', 'F16', 3, 4, 2], ['activations.blocks.1.hook_resid_post', 'F16', 3, 4, 3],
  ]);
  assert.equal(shardName(12), 'shard-00012.safetensors');
});

test('a manifest that claims what cannot be is refused before anything is allocated', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  const good = await writeSmallStore(folder);
  const bad = (changes: Partial<StoreManifest>): (() => void) => () => { checkManifest({ ...good, ...changes }, 'm'); };
  const shard = good.shards[0]!;
  assert.throws(bad({ contexts: 800_000_000 }), { kind: 'bad-file', message: /claims 800000000 contexts and its shards hold 10/ });
  assert.throws(bad({ shards: [{ ...shard, contexts: 800_000_000 }], contexts: 800_000_000 }), { kind: 'bad-file', message: /need 57600000000 bytes/ });
  assert.throws(bad({ shards: good.shards.slice(1) }), { kind: 'bad-file', message: /begins at context 4 and not 0/ });
  assert.throws(bad({ shards: [{ ...shard, file: '../../etc/passwd' }] }), { kind: 'bad-file', message: /plain file name/ });
  assert.throws(bad({ hooks: [good.hooks[0]!, good.hooks[0]!] }), { kind: 'bad-file', message: /listed twice/ });
  assert.throws(bad({ contextLength: 0 }), { kind: 'bad-file', message: /contextLength/ });
  assert.throws(() => checkManifest({ ...good, surprise: 1 }, 'm'), { kind: 'bad-file' });
  assert.throws(() => checkManifest({ ...good, version: 2 }, 'm'), { kind: 'unsupported', message: /newer Loupe/ });
  assert.throws(() => checkManifest(null, 'm'), { kind: 'bad-file' });
});

test('a missing, broken or huge manifest is a typed error', async (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => readManifest(folder), { kind: 'not-found', message: /no activation store/ });
  writeFileSync(join(folder, 'manifest.json'), '{"format": ');
  assert.throws(() => readManifest(folder), { kind: 'bad-file' });
  truncateSync(join(folder, 'manifest.json'), 3_000_000_000); // 3 GB of zeros, sparse
  assert.throws(() => readManifest(folder), { kind: 'bad-file', message: /3000000000 bytes/ });
});

test('what is read is what was written', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  const written = await writeSmallStore(folder);
  assert.deepEqual(readManifest(folder), written);
  assert.equal(written.cursor, undefined);
  assert.match(readFileSync(join(folder, 'manifest.json'), 'utf8'), /"complete": true/);
});
