import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStoreWriter } from '../../../../src/engine/store/writer.ts';
import { cursorAt, newStore, smallBatch, writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('shards fill one after another and nothing but they and the manifest is left', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  const manifest = await writeSmallStore(folder);
  assert.deepEqual(manifest.shards.map(({ firstContext, contexts }) => [firstContext, contexts]), [[0, 4], [4, 4], [8, 2]]);
  assert.deepEqual(readdirSync(folder).sort(), ['manifest.json', 'shard-00000.safetensors', 'shard-00001.safetensors', 'shard-00002.safetensors']);
});

test('a store is taken up where it was flushed, with its cursor', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder, 6);
  const writer = openStoreWriter(folder, newStore(), 10);
  assert.deepEqual([writer.contexts, writer.room, writer.cursor], [6, 2, cursorAt(6)]);
  writer.close();
});

test('a batch that was never flushed is forgotten, not half kept', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder, 4);
  const first = openStoreWriter(folder, newStore(), 10);
  await first.append(smallBatch(4, 2), cursorAt(6));
  first.close();
  const second = openStoreWriter(folder, newStore(), 10);
  assert.deepEqual([second.contexts, second.cursor], [4, cursorAt(4)]);
  assert.ok(!existsSync(join(folder, 'shard-00001.safetensors.partial')));
  second.close();
});

test('what a killed process left aside is removed, and a progress file that says nothing useful is ignored', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder, 4);
  writeFileSync(join(folder, 'manifest.json.4242-0.partial'), '{');
  writeFileSync(join(folder, 'progress.json'), '{"shard": 1, "contexts": 2'); // cut off
  const writer = openStoreWriter(folder, newStore(), 10);
  assert.equal(writer.contexts, 4);
  assert.deepEqual(readdirSync(folder).sort(), ['manifest.json', 'shard-00000.safetensors', 'writer.lock']);
  writer.close();
});

test('a discarded shard leaves the whole ones', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  await writeSmallStore(folder, 6);
  const writer = openStoreWriter(folder, newStore(), 10);
  writer.discardShard();
  assert.equal(writer.contexts, 4);
  writer.close();
  assert.deepEqual(readdirSync(folder).sort(), ['manifest.json', 'shard-00000.safetensors']);
});

test('two writers of one store: the second is told who holds it', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  const writer = openStoreWriter(folder, newStore(), 10);
  assert.throws(() => openStoreWriter(folder, newStore(), 10), { kind: 'locked', message: new RegExp(`process ${process.pid}`) });
  writer.close();
  assert.equal(existsSync(folder), false, 'an empty store is removed');
});

test('the same contexts give the same bytes however the writing was cut', async (t) => {
  const [whole, cut] = [join(temporaryFolder(t), 's'), join(temporaryFolder(t), 's')];
  await writeSmallStore(whole);
  for (const until of [2, 4, 6, 8, 10]) await writeSmallStore(cut, until);
  for (const name of readdirSync(whole)) assert.deepEqual(readFileSync(join(cut, name)), readFileSync(join(whole, name)), name);
});
