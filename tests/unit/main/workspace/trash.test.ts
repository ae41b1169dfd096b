import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createWorkspace } from '../../../../src/main/workspace/layout.ts';
import { sizeOf } from '../../../../src/main/workspace/size.ts';
import { deleteEntries, listTrash, moveToTrash, parseEntry, restoreEntry } from '../../../../src/main/workspace/trash.ts';
import type { LoupeError } from '../../../../src/shared/errors.ts';
import { noDisks, smallDisk } from '../../../support/small-disk.ts';

const kind = (expected: string) => (error: unknown): boolean => (error as LoupeError).kind === expected;

function setUp(t: TestContext): { workspace: string; outside: string } {
  const root = mkdtempSync(join(tmpdir(), 'loupe-trash-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const workspace = join(root, 'ws');
  createWorkspace(workspace);
  const outside = join(root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'weights.bin'), '1234567890');
  return { workspace, outside };
}

test('an entry\'s name says when, what and how it was called; other names are none of ours', () => {
  assert.deepEqual(parseEntry('2026-11-27T01-42-38-123Z-catalog-my-own.loupe'), { deletedAt: '2026-11-27T01:42:38.123Z', kind: 'catalog', name: 'my-own.loupe' });
  assert.deepEqual(parseEntry('2026-11-27T01-42-38-123Z-leftover-catalogs~.x~y.partial'), { deletedAt: '2026-11-27T01:42:38.123Z', kind: 'leftover', name: 'catalogs/.x~y.partial' });
  for (const name of ['notes.txt', '2026-11-27-catalog-x', '2026-11-27T01-42-38-123Z-thing-x', '2026-11-27T01-42-38-123Z-run-', '..']) assert.equal(parseEntry(name), null, name);
});

test('what is moved to the trash is listed with its size, and comes back to where it was', async (t) => {
  const { workspace } = setUp(t);
  const path = join(workspace, 'dictionaries', 'mine');
  mkdirSync(path);
  writeFileSync(join(path, 'cfg.json'), '{}');
  writeFileSync(join(path, 'sae_weights.safetensors'), 'x'.repeat(98));
  const now = new Date('2026-11-27T10:00:00.000Z');
  const id = moveToTrash(workspace, 'dictionary', path, 'mine', now);
  assert.ok(!existsSync(path));
  assert.deepEqual(await listTrash(workspace), [{ id, kind: 'dictionary', name: 'mine', bytes: 100, deletedAt: now.toISOString() }]);
  assert.deepEqual(restoreEntry(workspace, id), { kind: 'dictionary', name: 'mine', path });
  assert.equal(readFileSync(join(path, 'cfg.json'), 'utf8'), '{}');
  assert.deepEqual(await listTrash(workspace), []);
  assert.throws(() => restoreEntry(workspace, id), kind('not-found'));
});

test('two things of one name that go at the same moment are both kept', async (t) => {
  const { workspace } = setUp(t);
  const path = join(workspace, 'catalogs', 'a.loupe');
  const now = new Date();
  for (const text of ['first', 'second']) {
    writeFileSync(path, text);
    moveToTrash(workspace, 'catalog', path, 'a.loupe', now);
  }
  const entries = await listTrash(workspace);
  assert.deepEqual(entries.map(({ id }) => readFileSync(join(workspace, '.trash', id), 'utf8')).sort(), ['first', 'second']);
});

test('nothing that is there is replaced by a restored thing', (t) => {
  const { workspace } = setUp(t);
  const path = join(workspace, 'catalogs', 'a.loupe');
  writeFileSync(path, 'old');
  const id = moveToTrash(workspace, 'catalog', path, 'a.loupe');
  writeFileSync(path, 'new');
  assert.throws(() => restoreEntry(workspace, id), kind('conflict'));
  assert.equal(readFileSync(path, 'utf8'), 'new');
});

test('a run and a leftover come back into their own folders', (t) => {
  const { workspace } = setUp(t);
  mkdirSync(join(workspace, 'runs', 'r1'));
  writeFileSync(join(workspace, 'catalogs', '.x.loupe.partial'), 'half');
  const run = moveToTrash(workspace, 'run', join(workspace, 'runs', 'r1'), 'r1');
  const left = moveToTrash(workspace, 'leftover', join(workspace, 'catalogs', '.x.loupe.partial'), 'catalogs/.x.loupe.partial');
  assert.equal(restoreEntry(workspace, run).path, join(workspace, 'runs', 'r1'));
  assert.equal(restoreEntry(workspace, left).path, join(workspace, 'catalogs', '.x.loupe.partial'));
});

test('a link is moved, restored and deleted as a link: what it leads to stays', async (t) => {
  const { workspace, outside } = setUp(t);
  const path = join(workspace, 'models', 'linked');
  symlinkSync(outside, path);
  assert.deepEqual(await sizeOf(path), { bytes: 0, atLeast: false });
  restoreEntry(workspace, moveToTrash(workspace, 'model', path, 'linked'));
  assert.ok(lstatSync(path).isSymbolicLink());
  mkdirSync(join(workspace, 'models', 'own'));
  symlinkSync(outside, join(workspace, 'models', 'own', 'inside'));
  const ids = [moveToTrash(workspace, 'model', path, 'linked'), moveToTrash(workspace, 'model', join(workspace, 'models', 'own'), 'own')];
  assert.equal(await deleteEntries(workspace, ids), 0);
  assert.deepEqual(readdirSync(join(workspace, '.trash')), []);
  assert.deepEqual(readdirSync(outside), ['weights.bin']);
});

test('deleting for good takes what is named in the trash and tells how much that was', async (t) => {
  const { workspace } = setUp(t);
  for (const name of ['a', 'b']) {
    writeFileSync(join(workspace, 'catalogs', `${name}.loupe`), name.repeat(50));
    moveToTrash(workspace, 'catalog', join(workspace, 'catalogs', `${name}.loupe`), `${name}.loupe`);
  }
  const [first, second] = await listTrash(workspace);
  assert.equal(await deleteEntries(workspace, [first!.id]), 50);
  assert.deepEqual((await listTrash(workspace)).map((entry) => entry.id), [second!.id]);
  for (const id of ['../catalogs', '..', 'x', `../.trash/${second!.id}`]) await assert.rejects(deleteEntries(workspace, [id]), kind('not-found'), id);
  assert.equal((await listTrash(workspace)).length, 1);
});

test('on a full disk things still go to the trash, and emptying it makes room', { skip: noDisks }, async (t) => {
  const disk = smallDisk(t, 200);
  const workspace = join(disk.folder, 'ws');
  createWorkspace(workspace);
  const path = join(workspace, 'catalogs', 'big.loupe');
  writeFileSync(path, Buffer.alloc(100 * 1024));
  assert.throws(() => {
    for (let i = 0; ; i++) writeFileSync(join(workspace, 'corpora', `fill-${i}.txt`), Buffer.alloc(4096));
  }, { code: 'ENOSPC' });
  const id = moveToTrash(workspace, 'catalog', path, 'big.loupe');
  restoreEntry(workspace, id);
  const again = moveToTrash(workspace, 'catalog', path, 'big.loupe');
  assert.equal(await deleteEntries(workspace, [again]), 100 * 1024);
  writeFileSync(path, Buffer.alloc(64 * 1024));
});
