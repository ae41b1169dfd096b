import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { partialName, ShardWriter } from '../../../../src/engine/store/shard-writer.ts';
import { smallBatch, smallLayout } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a full shard is a plain safetensors file of the announced shapes', async (t) => {
  const folder = temporaryFolder(t);
  const writer = new ShardWriter(folder, smallLayout, 0, 3);
  writer.append(smallBatch(0, 2));
  assert.deepEqual(readdirSync(folder), [partialName(0)]);
  writer.append(smallBatch(2, 1));
  assert.equal(writer.full, true);
  const shard = await writer.finish(7);
  assert.deepEqual([shard.file, shard.firstContext, shard.contexts], ['shard-00000.safetensors', 7, 3]);
  const file = openSafetensors(join(folder, shard.file));
  t.after(() => file.close());
  assert.deepEqual(file.entries.get('activations.blocks.1.hook_resid_post')!.shape, [3, 4, 3]);
  assert.deepEqual([...file.readInt32('tokens')], Array.from({ length: 12 }, (_, i) => i));
  assert.equal(file.readFloat32('activations.blocks.1.hook_resid_post')[35], 11 + 0.5 + 0.5);
});

test('a shard that stays short is written at its real length, as if it had been planned so', async (t) => {
  const folder = temporaryFolder(t);
  const short = new ShardWriter(folder, smallLayout, 0, 9);
  short.append(smallBatch(0, 2));
  const exact = new ShardWriter(folder, smallLayout, 1, 2);
  exact.append(smallBatch(0, 2));
  const [a, b] = [await short.finish(0), await exact.finish(0)];
  assert.equal(a.sha256, b.sha256);
  assert.deepEqual(readdirSync(folder).sort(), ['shard-00000.safetensors', 'shard-00001.safetensors']);
});

test('a partial shard is continued only when it begins as it should', async (t) => {
  const folder = temporaryFolder(t);
  const first = new ShardWriter(folder, smallLayout, 0, 4);
  first.append(smallBatch(0, 2));
  first.close();
  assert.throws(() => new ShardWriter(folder, { ...smallLayout, dtype: 'float32' }, 0, 4, 2), { kind: 'bad-file' });
  const second = new ShardWriter(folder, smallLayout, 0, 4, 2);
  assert.equal(second.contexts, 2);
  assert.throws(() => second.append(smallBatch(0, 3)), { kind: 'defect' });
  second.discard();
  assert.equal(existsSync(join(folder, partialName(0))), false);
});
