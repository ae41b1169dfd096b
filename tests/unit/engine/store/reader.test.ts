import assert from 'node:assert/strict';
import { readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { openHarvestedStore } from '../../../../src/engine/store/reader.ts';
import { writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('any slice of contexts is read, across shards, one hook at a time', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder);
  const store = openHarvestedStore(folder);
  t.after(() => store.close());
  for (let first = 0; first <= 10; first++) {
    for (let count = 0; first + count <= 10; count++) {
      const rows = Array.from({ length: count * 4 }, (_, i) => first * 4 + i);
      assert.deepEqual([...store.tokens(first, count)], rows);
      assert.deepEqual([...store.documents(first, count)], rows.map((row) => row >> 2));
      assert.deepEqual([...store.activations('blocks.0.hook_resid_post', first, count)], rows.flatMap((row) => [row, row + 0.25]));
      assert.deepEqual([...store.activations('blocks.1.hook_resid_post', first, count)], rows.flatMap((row) => [row + 0.5, row + 0.75, row + 1]));
    }
  }
});

test('activations fill an array that is given, when it is long enough', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder);
  const store = openHarvestedStore(folder);
  t.after(() => store.close());
  const [long, short] = [new Float32Array(20), new Float32Array(7)];
  const values = store.activations('blocks.0.hook_resid_post', 3, 2, long);
  assert.equal(values.buffer, long.buffer);
  assert.deepEqual([...values], [...store.activations('blocks.0.hook_resid_post', 3, 2, short)]);
  assert.equal(values.length, 16);
});

test('the mask leaves out position 0 and special tokens', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder);
  const store = openHarvestedStore(folder);
  t.after(() => store.close());
  assert.deepEqual([...store.mask(0, 2)], [0, 1, 1, 0, 0, 1, 1, 1]); // token 3 is special
});

test('a wrong hook, a wrong range and a closed store are refused in words', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder);
  const store = openHarvestedStore(folder);
  assert.throws(() => store.activations('blocks.0.hook_resid_pots', 0, 1), { kind: 'not-found', message: /Did you mean blocks\.0\.hook_resid_post/ });
  for (const [first, count] of [[9, 2], [-1, 1], [0.5, 1], [0, -1]] as const) assert.throws(() => store.tokens(first, count), { kind: 'bad-request', message: /which has 10/ });
  store.close();
  assert.throws(() => store.tokens(0, 1), { kind: 'disposed' });
});

test('an incomplete store opens only where that is allowed, and gives what is whole', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder, 6);
  assert.throws(() => openHarvestedStore(folder), { kind: 'conflict', message: /incomplete: 4 contexts/ });
  const store = openHarvestedStore(folder, { allowIncomplete: true });
  t.after(() => store.close());
  assert.equal(store.manifest.contexts, 4);
});

test('a shard that is missing, cut off or of another layout is named', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder);
  const shard = join(folder, 'shard-00001.safetensors');
  const bytes = readFileSync(shard);
  truncateSync(shard, bytes.length - 1);
  assert.throws(() => openHarvestedStore(folder), { kind: 'bad-file', message: /shard-00001\.safetensors is damaged: it has/ });
  unlinkSync(shard);
  assert.throws(() => openHarvestedStore(folder), { kind: 'bad-file', message: /missing/ });
  // As long as it should be, but it holds other tensors: found when it is first read.
  writeSafetensors(shard, { tokens: { dtype: 'I32', shape: [16], data: new Int32Array(16) } });
  writeFileSync(shard, Buffer.concat([readFileSync(shard), Buffer.alloc(bytes.length)]).subarray(0, bytes.length));
  const store = openHarvestedStore(folder);
  t.after(() => store.close());
  assert.equal(store.tokens(0, 4)[15], 15);
  assert.throws(() => store.tokens(4, 1), { kind: 'bad-file', message: /shard-00001.*tokens is I32 \[16\] and should be I32 \[4, 4\]/ });
});
