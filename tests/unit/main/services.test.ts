import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LoupeError } from '../../../src/shared/errors.ts';
import type { Job, JobForm } from '../../../src/shared/schema/job.ts';
import type { SystemInfo } from '../../../src/shared/schema/workspace.ts';
import { openServices } from './transport/host.ts';

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (let i = 0; i < 1000; i++) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not happen within ten seconds');
}

test('the state of the machine is known without asking the engine, and changes are events', async (t) => {
  const { invoke, services } = openServices(t);
  const states: string[] = [];
  services.hub.subscribe((name, payload) => {
    if (name === 'engine.changed') states.push((payload as { engine: string; backend: { id: string | null } }).engine);
  });
  const first = (await invoke('system.info', {})) as SystemInfo;
  assert.equal(first.engine, 'starting');
  await services.context.engine.start();
  await until(() => services.context.backend().id === 'cpu');
  assert.equal(((await invoke('system.info', {})) as SystemInfo).backend.detail, 'stand-in');
  assert.ok(states.includes('ready'));
});

test('the forms of all kinds of jobs come with optional outputs', async (t) => {
  const { invoke } = openServices(t);
  const { forms } = (await invoke('jobs.forms', {})) as { forms: JobForm[] };
  assert.deepEqual(forms.map((form) => form.kind), ['train', 'catalog-build', 'catalog-build', 'demo', 'label']);
  const build = forms[1]!.schema as { required: string[]; properties: Record<string, unknown> };
  assert.ok(!build.required.includes('out') && build.required.includes('store'));
});

test('a job is checked before it is queued, named after what it makes, and its output lies in the workspace', async (t) => {
  const { invoke, workspace } = openServices(t);
  await assert.rejects(invoke('jobs.start', { kind: 'train', config: { steps: 0 } }), (e: LoupeError) => e.kind === 'bad-config');
  await assert.rejects(invoke('jobs.start', { kind: 'catalog-build', config: { stor: '/x' } }), (e: LoupeError) => e.kind === 'bad-config' && /stor: unknown field, did you mean store\?/.test(e.message));
  await assert.rejects(invoke('jobs.start', { kind: 'demo', config: { steps: 1 } }), (e: LoupeError) => e.kind === 'bad-config');
  const { id } = (await invoke('jobs.start', { kind: 'train', config: { steps: 2, out: 'mine' } })) as { id: string };
  const job = (await invoke('jobs.get', { id })) as Job;
  assert.equal(job.title, 'Train: mine');
  assert.equal(job.config['out'], join(workspace, 'dictionaries', 'mine'));
  assert.equal(job.config['mode'], 'steps');
});

test('an engine that crashes in a job costs the job, with its last lines; it is resumed in a new engine', async (t) => {
  const { invoke, services, workspace } = openServices(t);
  const { id } = (await invoke('jobs.start', { kind: 'train', config: { mode: 'crash' } })) as { id: string };
  const job = await until(() => (services.context.jobs.get(id).state === 'interrupted' ? services.context.jobs.get(id) : undefined));
  assert.equal(job.error?.kind, 'engine-lost');
  assert.match(job.error?.detail ?? '', /about to fall over/);
  assert.match(readFileSync(join(workspace, 'runs', id, 'log.txt'), 'utf8'), /about to fall over/);
  await until(() => services.context.engine.state === 'ready');
  const next = (await invoke('jobs.start', { kind: 'train', config: { steps: 1 } })) as { id: string };
  await until(() => services.context.jobs.get(next.id).state === 'done');
});

test('a job is paused within a step over the contract, and resumed', async (t) => {
  const { invoke, services } = openServices(t);
  const { id } = (await invoke('jobs.start', { kind: 'train', config: { steps: 500, blockMs: 10 } })) as { id: string };
  const state = (): string => services.context.jobs.get(id).state;
  await until(() => state() === 'running' && services.context.jobs.get(id).progress !== null);
  await invoke('jobs.pause', { id });
  await until(() => state() === 'paused');
  assert.ok(services.context.jobs.get(id).progress!.step < 500);
  await invoke('jobs.resume', { id });
  await until(() => state() === 'running');
  await invoke('jobs.cancel', { id });
  await until(() => state() === 'cancelled');
});
