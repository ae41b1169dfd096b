import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { EngineSupervisor } from '../../../../src/main/engine/supervisor.ts';
import type { EngineState, JobSink, SupervisorOptions } from '../../../../src/main/engine/supervisor.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import type { Progress } from '../../../../src/shared/schema/job.ts';

const entry = fileURLToPath(new URL('./fixtures/engine.ts', import.meta.url));
const never = new AbortController().signal;

function supervise(t: TestContext, options: Partial<SupervisorOptions> = {}): { engine: EngineSupervisor; states: EngineState[] } {
  const states: EngineState[] = [];
  const engine = new EngineSupervisor({ execPath: process.execPath, entry, onState: (state) => states.push(state), ...options });
  t.after(() => engine.stop());
  return { engine, states };
}

function recorder(): { sink: JobSink; progress: Progress[]; rows: number[]; log: string[] } {
  const progress: Progress[] = [];
  const rows: number[] = [];
  const log: string[] = [];
  return { sink: { progress: (p) => progress.push(p), metrics: (step) => rows.push(step), log: (line) => log.push(line) }, progress, rows, log };
}

const lost = (error: unknown): boolean => error instanceof LoupeError && error.kind === 'engine-lost';

test('a job reports progress, metrics and log lines, and gives its result', async (t) => {
  const { engine, states } = supervise(t);
  const { sink, progress, rows, log } = recorder();
  assert.deepEqual(await engine.runJob('a', 'train', { steps: 4 }, '/runs/a', sink, never), { steps: 4 });
  assert.deepEqual(rows, [1, 2, 3, 4]);
  assert.equal(progress.at(-1)?.step, 4);
  assert.equal(progress.at(-1)?.metrics['bad'], null);
  assert.ok(log.includes('folder /runs/a'));
  assert.ok(log.includes('chatter of a library'));
  assert.deepEqual(states, ['starting', 'ready', 'busy', 'ready']);
});

test('requests are answered with typed errors, and parsed', async (t) => {
  const { engine } = supervise(t);
  assert.equal((await engine.request('backend', {})).id, 'cpu');
  await assert.rejects(engine.request('inspectModel', { path: '/x' }), (e: LoupeError) => e.kind === 'not-found' && e.message === 'no model at /x');
  await assert.rejects(engine.request('checkConfig', { kind: 'train', config: { steps: 0 } }), (e: LoupeError) => e.kind === 'bad-config');
  assert.ok((await engine.ping()) >= 0);
});

test('an abort stops the job within one step, with kind cancelled', async (t) => {
  const { engine } = supervise(t);
  const stop = new AbortController();
  const { sink, rows } = recorder();
  const job = engine.runJob('a', 'train', { steps: 1000, blockMs: 20 }, '/r', { ...sink, metrics: (step, row) => { sink.metrics(step, row); if (step === 2) stop.abort('pause'); } }, stop.signal);
  await assert.rejects(job, (e: LoupeError) => e.kind === 'cancelled');
  assert.ok(rows.length < 100, `stopped after ${rows.length} of 1000 steps`);
  assert.equal(engine.state, 'ready');
});

test('a job that does not stop in its grace is ended with the engine', async (t) => {
  const { engine } = supervise(t, { abortGrace: 50, backOff: [] });
  const stop = new AbortController();
  const { sink } = recorder();
  const job = engine.runJob('a', 'train', { mode: 'deaf', steps: 100_000, blockMs: 5 }, '/r', { ...sink, metrics: () => stop.abort('cancel') }, stop.signal);
  await assert.rejects(job, lost);
});

test('a crash rejects the job with its last lines, and the engine comes back', async (t) => {
  const { engine, states } = supervise(t, { backOff: [1] });
  const { sink } = recorder();
  const before = await engine.ping().then(() => engine.pid);
  await assert.rejects(engine.runJob('a', 'train', { mode: 'crash' }, '/r', sink, never), (e: LoupeError) => lost(e) && /about to fall over/.test(e.detail ?? ''));
  assert.deepEqual(await engine.runJob('b', 'train', { steps: 1 }, '/r', sink, never), { steps: 1 });
  assert.notEqual(engine.pid, before);
  assert.ok(states.includes('crashed'));
});

test('an engine that cannot start is tried a bounded number of times, then left down until asked for', async (t) => {
  const { engine, states } = supervise(t, { entry: `${entry}.missing`, backOff: [1, 1] });
  await assert.rejects(engine.start(), lost);
  for (let i = 0; i < 200 && states.filter((s) => s === 'starting').length < 3; i++) await new Promise((r) => setTimeout(r, 20));
  await new Promise((r) => setTimeout(r, 300));
  assert.equal(states.filter((s) => s === 'starting').length, 3);
  assert.equal(engine.state, 'crashed');
  const noNode = supervise(t, { execPath: '/no/such/node', backOff: [] });
  await assert.rejects(noNode.engine.start(), lost);
});

test('while a step blocks the engine, main answers at once', async (t) => {
  const { engine } = supervise(t);
  const { sink, rows } = recorder();
  const job = engine.runJob('a', 'train', { steps: 1, blockMs: 400 }, '/r', sink, never);
  const enginePong = engine.ping();
  const mainPong = new Promise<string>((resolve) => setImmediate(() => resolve('main')));
  assert.equal(await Promise.race([enginePong.then(() => 'engine'), job.then(() => 'job'), mainPong]), 'main');
  assert.deepEqual(rows, []);
  await job;
  await enginePong;
});

test('stopping ends the process, and starting again is refused', async (t) => {
  const { engine } = supervise(t);
  await engine.start();
  const { pid } = engine;
  await engine.stop();
  assert.throws(() => process.kill(pid!, 0));
  assert.equal(engine.state, 'stopped');
  await assert.rejects(engine.start(), (e: LoupeError) => e.kind === 'disposed');
});
