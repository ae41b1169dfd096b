import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import type { Corpus } from '../../../../src/engine/corpora/definition.ts';
import { harvestConfigSchema } from '../../../../src/engine/harvest/config.ts';
import { freeBytesAt, harvest } from '../../../../src/engine/harvest/run.ts';
import { openStore } from '../../../../src/engine/store/open.ts';
import { verifyStore } from '../../../../src/engine/store/verify.ts';
import { fakeModel, useCpu } from '../../../support/fake-model.ts';

before(useCpu);

/** A file system of `kilobytes` in memory, or null where this user may not mount one. */
function smallDisk(t: TestContext, kilobytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]).status === 0;
  t.after(() => {
    if (mounted) spawnSync('umount', [folder]);
    rmdirSync(folder);
  });
  return mounted ? folder : null;
}

const corpus: Corpus = {
  name: 'numbers', sources: ['numbers'], listing: false,
  async *documents() { for (let i = 0; i < 2000; i++) yield { id: String(i), text: `number ${i}` }; },
};

// A context of 64 tokens takes 64 * (8 + 4 * 4) = 1,536 bytes in float32, a shard of 8 contexts 12 kB, all 200 contexts 307 kB.
const configOf = (out: string): ReturnType<typeof harvestConfigSchema.parse> => harvestConfigSchema.parse({
  model: 'fake', hooks: ['blocks.0.hook_resid_post'], corpus: 'numbers', out, tokens: 200 * 64, contextLength: 64, batch: 4, dtype: 'float32', shardMegabytes: 0.0125,
});
const context = { signal: new AbortController().signal, progress: () => {}, log: () => {} };

test('a disk that becomes full ends the harvest in words, keeps what is whole, and it can go on later', async (t) => {
  const disk = smallDisk(t, 160);
  if (disk === null) return t.skip('mounting a small tmpfs is not allowed here');
  const out = join(disk, 'store');
  const parts = { model: fakeModel(), corpus, backend: 'cpu', freeBytes: () => Infinity };
  await assert.rejects(harvest(configOf(out), parts, context), { kind: 'no-space', message: /became full .* contexts are kept/ });
  assert.ok(readdirSync(out).every((name) => name === 'manifest.json' || /^shard-\d+\.safetensors$/.test(name)), readdirSync(out).join());
  const store = openStore(out, { allowIncomplete: true });
  const kept = store.manifest.contexts;
  store.close();
  assert.ok(kept >= 8 && kept % 8 === 0, `${kept}`);
  assert.deepEqual((await verifyStore(out)).problems, []);
  if (spawnSync('mount', ['-o', 'remount,size=2000k', disk]).status !== 0) return;
  assert.equal((await harvest(configOf(out), parts, context)).contexts, 200);
});

test('the space asked for is the space of the disk that the folder is on', async (t) => {
  const disk = smallDisk(t, 160);
  if (disk === null) return t.skip('mounting a small tmpfs is not allowed here');
  assert.equal(freeBytesAt(join(disk, 'store')), 160 * 1024);
  await assert.rejects(harvest(configOf(join(disk, 'store')), { model: fakeModel(), corpus, backend: 'cpu' }, context), { kind: 'no-space', message: /needs .* MB more and 0\.2 MB are free/ });
  assert.deepEqual(readdirSync(disk), []);
});

test('a folder that cannot be written is refused', async (t) => {
  const disk = smallDisk(t, 160);
  if (disk === null) return t.skip('mounting a small tmpfs is not allowed here');
  if (spawnSync('mount', ['-o', 'remount,ro', disk]).status !== 0) return t.skip('remounting is not allowed here');
  await assert.rejects(harvest(configOf(join(disk, 'store')), { model: fakeModel(), corpus, backend: 'cpu', freeBytes: () => Infinity }, context), { kind: 'read-only', message: /cannot be written \(EROFS\)/ });
});
