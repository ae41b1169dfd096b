import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { heldBy } from '../../../../src/main/workspace/disk.ts';
import type { DiskUse } from '../../../../src/shared/schema/disk.ts';
import type { LoupeError } from '../../../../src/shared/errors.ts';
import type { Job } from '../../../../src/shared/schema/job.ts';
import { openServices, temporaryFolder } from '../transport/host.ts';

const kind = (expected: string) => (error: unknown): boolean => (error as LoupeError).kind === expected;

function job(state: Job['state'], config: Record<string, unknown>, more: Partial<Job> = {}): Job {
  return { id: 'r1', kind: 'train', title: 'Train: x', state, config, createdAt: '', startedAt: null, endedAt: null, progress: null, error: null, result: null, ...more };
}

test('a run that is not over holds what its config names, what lies in that, and the folder around it', () => {
  const jobs = [job('running', { activations: ['/ws/activations/a'], out: '/ws/dictionaries/d' })];
  const held = (path: string): boolean => heldBy(jobs, 'store', 'a', path) !== null;
  assert.ok(held('/ws/activations/a') && held('/ws/dictionaries/d') && held('/ws/activations') && held('/ws/activations/a/shard-0'));
  assert.ok(!held('/ws/activations/ab') && !held('/ws/catalogs/a'));
  assert.equal(heldBy([job('done', { out: '/ws/a' })], 'store', 'a', '/ws/a'), null);
  assert.match(heldBy(jobs, 'run', 'r1', '/ws/runs/r1') ?? '', /"Train: x" is running/);
  assert.equal(heldBy(jobs, 'run', 'r2', '/ws/runs/r2'), null);
  assert.notEqual(heldBy([job('queued', {}, { kind: 'demo' })], 'catalog', 'sample.loupe', '/ws/catalogs/sample.loupe'), null);
});

test('disk use lists own, linked and left-over things with their sizes, biggest first, and the trash', async (t) => {
  const { invoke, workspace } = openServices(t);
  const elsewhere = temporaryFolder(t, 'elsewhere');
  writeFileSync(join(elsewhere, 'big.gguf'), 'GGUF'.repeat(1000));
  writeFileSync(join(workspace, 'catalogs', 'own.loupe'), 'x'.repeat(500));
  writeFileSync(join(workspace, 'catalogs', '.half.loupe.partial'), 'x'.repeat(20));
  writeFileSync(join(workspace, 'catalogs', '.now.loupe.partial'), 'x');
  const old = Date.now() / 1000 - 3600;
  utimesSync(join(workspace, 'catalogs', '.half.loupe.partial'), old, old);
  mkdirSync(join(workspace, 'runs', 'a-run'));
  writeFileSync(join(workspace, 'runs', 'a-run', 'log.txt'), 'x'.repeat(30));
  await invoke('workspace.add', { kind: 'model', path: join(elsewhere, 'big.gguf') });
  const use = (await invoke('disk.use', {})) as DiskUse;
  assert.deepEqual(use.items.map((item) => [item.kind, item.name, item.bytes, item.linked]), [
    ['model', 'big.gguf', 4000, true], ['catalog', 'own.loupe', 500, false], ['run', 'a-run', 30, false], ['leftover', '.half.loupe.partial', 20, false],
  ]);
  assert.ok(use.freeBytes > 0 && use.totalBytes >= use.freeBytes);

  const linked = use.items[0]!;
  await assert.rejects(invoke('disk.recycle', { items: [{ kind: 'catalog', id: 'own.loupe' }, { kind: 'model', id: linked.id }] }), kind('bad-request'));
  assert.ok(existsSync(join(workspace, 'catalogs', 'own.loupe')), 'a refusal has moved nothing');
  const { ids, bytes } = (await invoke('disk.recycle', { items: use.items.slice(1).map(({ kind: of, id }) => ({ kind: of, id })) })) as { ids: string[]; bytes: number };
  assert.equal(bytes, 550);
  assert.deepEqual(readdirSync(join(workspace, '.trash')).sort(), [...ids].sort());
  assert.deepEqual(((await invoke('disk.restore', { ids: [ids[0]!] })) as { names: string[] }).names, ['own.loupe']);
  assert.equal(((await invoke('disk.empty', { ids: ids.slice(1) })) as { bytes: number }).bytes, 50);
  assert.ok(existsSync(join(workspace, 'catalogs', 'own.loupe')) && existsSync(join(elsewhere, 'big.gguf')));
});

test('a run that is under way cannot go; one that has ended goes from the list and comes back into it', async (t) => {
  const { invoke, services } = openServices(t);
  const { id } = (await invoke('jobs.start', { kind: 'train', config: { steps: 500, blockMs: 10, out: 'mine' } })) as { id: string };
  await assert.rejects(invoke('disk.recycle', { items: [{ kind: 'run', id }] }), kind('conflict'));
  await invoke('jobs.cancel', { id });
  while (services.context.jobs.get(id).state !== 'cancelled') await new Promise((resolve) => setTimeout(resolve, 10));
  const { ids } = (await invoke('disk.recycle', { items: [{ kind: 'run', id }] })) as { ids: string[] };
  await assert.rejects(invoke('jobs.get', { id }), kind('not-found'));
  await invoke('disk.restore', { ids });
  assert.equal(services.context.jobs.get(id).state, 'cancelled');
});
