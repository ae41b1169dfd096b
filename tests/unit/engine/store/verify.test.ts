import assert from 'node:assert/strict';
import { openSync, closeSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyStore } from '../../../../src/engine/store/verify.ts';
import { writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a whole store has no problems; one changed byte and one missing shard are each named', async (t) => {
  const folder = join(temporaryFolder(t), 's');
  const manifest = await writeSmallStore(folder);
  const bytes = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  assert.deepEqual(await verifyStore(folder), { complete: true, shards: 3, bytes, problems: [] });
  const fd = openSync(join(folder, 'shard-00001.safetensors'), 'r+');
  writeSync(fd, Buffer.of(0x55), 0, 1, manifest.shards[1]!.bytes - 1);
  closeSync(fd);
  unlinkSync(join(folder, 'shard-00002.safetensors'));
  const { problems } = await verifyStore(folder);
  assert.equal(problems.length, 2);
  assert.match(problems[0]!, /shard-00001.*sha256/);
  assert.match(problems[1]!, /shard-00002.*missing/);
});
