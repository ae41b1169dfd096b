import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { joinWorkspace, ownWorkspace } from '../../../src/main/owner.ts';
import type { WorkspaceOwner } from '../../../src/main/owner.ts';
import { readOwner } from '../../../src/main/workspace/lock.ts';
import type { LoupeError } from '../../../src/shared/errors.ts';
import type { SystemInfo } from '../../../src/shared/schema/workspace.ts';
import type { RecentWorkspace } from '../../../src/shared/schema/disk.ts';
import { engineEntry } from './transport/host.ts';

const kind = (expected: string) => (error: unknown): boolean => (error as LoupeError).kind === expected;

async function own(t: TestContext): Promise<{ owner: WorkspaceOwner; root: string; first: string }> {
  const root = mkdtempSync(join(tmpdir(), 'loupe-owner-'));
  process.env['LOUPE_SETTINGS'] = join(root, 'settings');
  const first = join(root, 'first');
  const owner = await ownWorkspace({ workspace: first, host: 'http', port: 0, engineEntry });
  t.after(async () => {
    await owner.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  });
  return { owner, root, first };
}

test('another workspace opens under the same address; the one before is freed', async (t) => {
  const { owner, root, first } = await own(t);
  const second = join(root, 'second');
  const heard: string[] = [];
  owner.hub.subscribe((name) => void heard.push(name));
  await assert.rejects(owner.invoke('workspace.switch', { path: second, create: false, interrupt: false }), kind('not-found'));
  await assert.rejects(owner.invoke('workspace.switch', { path: 'second', create: true, interrupt: false }), kind('bad-request'));
  assert.ok(!existsSync(second));
  const address = owner.http.address;
  assert.deepEqual(await owner.invoke('workspace.switch', { path: second, create: true, interrupt: false }), { path: second, address: null });
  assert.equal(((await owner.invoke('system.info', {})) as SystemInfo).workspace, second);
  assert.equal(owner.http.address, address);
  assert.ok(heard.includes('workspace.switched'));
  // A second `loupe` finds the studio through the new lock, at the same port.
  assert.equal((await joinWorkspace(second, { open: null, show: false }))?.address, address);
  while (readOwner(first) !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  const { workspaces } = (await owner.invoke('workspace.recent', {})) as { workspaces: RecentWorkspace[] };
  assert.deepEqual(workspaces.map(({ path, current }) => [path, current]), [[second, true], [first, false]]);
});

test('a run is not interrupted unasked', async (t) => {
  const { owner, root, first } = await own(t);
  const second = join(root, 'second');
  const { id } = (await owner.invoke('jobs.start', { kind: 'train', config: { steps: 5000, blockMs: 10 } })) as { id: string };
  const before = owner.services;
  while (before.context.jobs.get(id).state !== 'running') await new Promise((resolve) => setTimeout(resolve, 10));
  await assert.rejects(owner.invoke('workspace.switch', { path: second, create: true, interrupt: false }), kind('conflict'));
  assert.equal(owner.services, before);
  await owner.invoke('workspace.switch', { path: second, create: true, interrupt: true });
  while (readOwner(first) !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(before.context.jobs.get(id).state, 'interrupted');
});

test('a workspace that another process holds is not taken: its address is told, or who holds it', async (t) => {
  const { owner, root } = await own(t);
  const theirs = join(root, 'theirs');
  const other = await ownWorkspace({ workspace: theirs, host: 'http', port: 0, engineEntry });
  t.after(() => other.close());
  assert.deepEqual(await owner.invoke('workspace.switch', { path: theirs, create: false, interrupt: false }), { path: theirs, address: other.http.address });
  assert.ok(((await owner.invoke('system.info', {})) as SystemInfo).workspace.endsWith('first'));
  const broken = join(root, 'broken');
  mkdirSync(broken);
  await assert.rejects(owner.invoke('workspace.switch', { path: join(broken, 'x\0y'), create: true, interrupt: false }), kind('bad-request'));
});
