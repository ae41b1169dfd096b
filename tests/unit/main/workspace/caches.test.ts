import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cacheParts, clearCache } from '../../../../src/main/workspace/caches.ts';

const root = mkdtempSync(join(tmpdir(), 'loupe-cache-'));
after(() => rmSync(root, { recursive: true }));
for (const [name, bytes] of [['bench', 5000], ['models', 3000], ['native', 2000], ['tensorflow-cpu-9', 1000], ['strange', 10]] as const) {
  mkdirSync(join(root, name, 'inner'), { recursive: true });
  writeFileSync(join(root, name, 'inner', 'file'), Buffer.alloc(bytes));
}
const model = join(root, 'models', 'inner', 'file');

test('parts are listed biggest first, with what they are for and why some stay', async () => {
  const found = await cacheParts([model], Date.now(), root);
  assert.deepEqual(found.map(({ name, bytes, heldBy }) => [name, bytes >= 10, heldBy === null]), [['bench', true, true], ['models', true, false], ['native', true, false], ['tensorflow-cpu-9', true, false], ['strange', true, false]]);
  assert.ok(found.every(({ about }) => about !== ''));
});

test('what the workspace uses and what the program computes with stays; unknown names are refused', async () => {
  await assert.rejects(clearCache('models', [model], root), { kind: 'conflict', message: /the workspace or a run uses a file in it/ });
  for (const name of ['native', 'tensorflow-cpu-9', 'strange']) await assert.rejects(clearCache(name, [], root), { kind: 'conflict' });
  for (const name of ['none', '..', '.', 'bench/inner', '']) await assert.rejects(clearCache(name, [], root), { kind: 'not-found' });
  assert.equal(readdirSync(root).length, 5);
});

test('a part that nothing needs goes, and its size is told; it is measured again', async () => {
  assert.ok((await clearCache('bench', [model], root)) >= 5000);
  assert.equal(existsSync(join(root, 'bench')), false);
  assert.deepEqual(readdirSync(root).filter((name) => name.startsWith('.')), []);
  assert.ok((await cacheParts([], Date.now(), root)).every(({ name }) => name !== 'bench'));
  await clearCache('models', [join(root, 'elsewhere')], root);
  assert.equal(existsSync(model), false);
});
