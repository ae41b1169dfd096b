import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readMetrics } from '../../../../src/main/jobs/folder.ts';
import { JobQueue } from '../../../../src/main/jobs/queue.ts';
import type { RunJob } from '../../../../src/main/jobs/queue.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { jobSchema } from '../../../../src/shared/schema/job.ts';
import type { Job, JobState, Progress } from '../../../../src/shared/schema/job.ts';

function runsFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'loupe-runs-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Seen {
  readonly queue: JobQueue;
  readonly states: string[];
  readonly progress: Progress[];
  until: (id: string, ...states: JobState[]) => Promise<Job>;
}

function openQueue(runs: string, run: RunJob): Seen {
  const states: string[] = [];
  const progress: Progress[] = [];
  const queue = new JobQueue(runs, run, {
    changed: (job) => states.push(`${job.id.split('_')[1]} ${job.state}`),
    progress: (_id, p) => progress.push(p),
    metrics: () => {},
  });
  const until = async (id: string, ...wanted: JobState[]): Promise<Job> => {
    for (let i = 0; i < 500; i++) {
      if (wanted.includes(queue.get(id).state)) return queue.get(id);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`${id} is ${queue.get(id).state}, not ${wanted.join(' or ')}`);
  };
  return { queue, states, progress, until };
}

const at = (step: number, total: number): Progress => ({ phase: 'work', step, total, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });

/** Works until it is told to stop; counts its runs in its folder. */
const patient: RunJob = (_job, folder, _sink, signal) => {
  appendFileSync(join(folder, 'runs.txt'), 'x');
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(new LoupeError('cancelled', 'stopped')));
  });
};

test('jobs run one at a time in order, and their record on disk is that in memory', async (t) => {
  const runs = runsFolder(t);
  let running = 0;
  const { queue, states, until } = openQueue(runs, async (job, _folder, sink) => {
    assert.equal(++running, 1);
    sink.log(`runs ${job.id}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    return { answer: job.config['n'] };
  });
  const first = queue.start('train', 'First', { n: 1 });
  const second = queue.start('train', 'Second', { n: 2 });
  assert.match(first, /^\d{4}-\d\d-\d\d_train-1$/);
  const done = await until(second, 'done');
  assert.deepEqual(done.result, { answer: 2 });
  assert.deepEqual(states, ['train-1 queued', 'train-2 queued', 'train-1 running', 'train-1 done', 'train-2 running', 'train-2 done']);
  assert.deepEqual(jobSchema.parse(JSON.parse(readFileSync(join(runs, second, 'job.json'), 'utf8'))), done);
  assert.deepEqual(queue.log(first, 10), [`runs ${first}`]);
  assert.deepEqual(queue.list().map((job) => job.title), ['Second', 'First']);
  const events = readFileSync(join(runs, first, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { event: string }).event);
  assert.deepEqual(events, ['queued', 'running', 'done']);
});

test('a running job is paused, resumed in the same folder, and cancelled', async (t) => {
  const runs = runsFolder(t);
  const { queue, until } = openQueue(runs, patient);
  const id = queue.start('train', 'T', {});
  await until(id, 'running');
  queue.pause(id);
  assert.equal(queue.get(id).state, 'pausing');
  assert.equal((await until(id, 'paused')).error, null);
  queue.resume(id);
  await until(id, 'running');
  queue.cancel(id);
  await until(id, 'cancelled');
  assert.equal(readFileSync(join(runs, id, 'runs.txt'), 'utf8'), 'xx');
});

test('a waiting job is paused and cancelled without having run', async (t) => {
  const { queue, until } = openQueue(runsFolder(t), patient);
  const first = queue.start('train', 'T', {});
  const second = queue.start('train', 'T', {});
  const third = queue.start('train', 'T', {});
  await until(first, 'running');
  queue.pause(second);
  queue.cancel(third);
  assert.deepEqual([second, third].map((id) => queue.get(id).state), ['paused', 'cancelled']);
  assert.equal(queue.get(second).startedAt, null);
  await queue.close();
});

test('what a job cannot do in its state is refused with the state', async (t) => {
  const { queue, until } = openQueue(runsFolder(t), async () => ({}));
  const id = queue.start('train', 'T', {});
  await until(id, 'done');
  for (const act of [() => queue.pause(id), () => queue.cancel(id), () => queue.resume(id)]) {
    assert.throws(act, (e: LoupeError) => e.kind === 'conflict' && /is done/.test(e.message));
  }
  assert.throws(() => queue.get('2020-01-01_train-1'), (e: LoupeError) => e.kind === 'not-found');
});

test('an error fails the job with its kind; a lost engine leaves it to be resumed; the queue goes on', async (t) => {
  const errors = [new LoupeError('bad-file', 'broken shard', 'shard 3'), new LoupeError('engine-lost', 'fell over', 'last line'), new TypeError('oops')];
  const { queue, until } = openQueue(runsFolder(t), async (job) => {
    throw errors[job.config['n'] as number];
  });
  const ids = [0, 1, 2].map((n) => queue.start('train', 'T', { n }));
  const failed = await until(ids[0]!, 'failed');
  assert.deepEqual(failed.error, { kind: 'bad-file', message: 'broken shard', detail: 'shard 3' });
  const lost = await until(ids[1]!, 'interrupted');
  assert.equal(lost.error?.detail, 'last line');
  assert.equal((await until(ids[2]!, 'failed')).error?.kind, 'defect');
});

test('after a restart a job that ran is interrupted, one that waited runs, and one that stopped can be resumed', async (t) => {
  const runs = runsFolder(t);
  const before = openQueue(runs, patient);
  const [ran, waited] = [before.queue.start('train', 'T', {}), before.queue.start('harvest', 'H', {})];
  await before.until(ran, 'running');
  // The program is killed here: the queue of before is simply forgotten.
  const { queue, until } = openQueue(runs, async () => ({ ok: true }));
  assert.equal(queue.get(ran).state, 'interrupted');
  await until(waited, 'done');
  queue.resume(ran);
  await until(ran, 'done');
});

test('closing interrupts what runs and waits for its end', async (t) => {
  const runs = runsFolder(t);
  const { queue, until } = openQueue(runs, patient);
  const id = queue.start('train', 'T', {});
  await until(id, 'running');
  await queue.close();
  assert.equal(queue.get(id).state, 'interrupted');
  assert.throws(() => queue.start('train', 'T', {}), (e: LoupeError) => e.kind === 'disposed');
  assert.equal(openQueue(runs, patient).queue.get(id).state, 'interrupted');
});

test('a job that ends by itself while it is asked to pause is done', async (t) => {
  let finish: () => void = () => {};
  const { queue, until } = openQueue(runsFolder(t), () => new Promise((resolve) => { finish = () => resolve({}); }));
  const id = queue.start('train', 'T', {});
  await until(id, 'running');
  queue.pause(id);
  finish();
  await until(id, 'done');
});

test('progress is passed on ten times a second at most, and the last report is kept in the record', async (t) => {
  const runs = runsFolder(t);
  const { queue, progress, until } = openQueue(runs, async (_job, _folder, sink) => {
    sink.log('a line');
    for (let step = 1; step <= 5000; step++) sink.progress(at(step, 5000));
    return {};
  });
  const id = queue.start('train', 'T', {});
  const job = await until(id, 'done');
  assert.ok(progress.length < 50, `${progress.length} of 5000 reports passed`);
  assert.equal(job.progress?.step, 5000);
  assert.equal(job.progress?.message, 'a line');
});

test('run folders that are broken or not ours are left alone', (t) => {
  const runs = runsFolder(t);
  const make = (id: string, text: string): void => {
    const queue = openQueue(runs, patient).queue;
    const made = queue.start('train', id, {});
    writeFileSync(join(runs, made, 'job.json'), text);
  };
  make('a', '{');
  make('b', '{"id":"../../x"}');
  make('c', '[]');
  assert.deepEqual(openQueue(runs, patient).queue.list(), []);
});

test('the history is one tensor: steps once, as done last, missing figures as NaN', (t) => {
  const path = join(runsFolder(t), 'metrics.jsonl');
  assert.ok(!existsSync(path));
  assert.deepEqual(readMetrics(path).values.shape, [0, 1]);
  // Step 2 was done again after a resume; the last line was cut by a crash.
  writeFileSync(path, ['{"step":1,"fvu":0.9}', '{"step":2,"fvu":0.8,"l0":3}', '{"step":2,"fvu":0.7,"l0":4}', 'junk', '{"step":3,"l0":null}', '{"step":4,"f'].join('\n'));
  const { names, values } = readMetrics(path);
  assert.deepEqual(names, ['step', 'fvu', 'l0']);
  assert.deepEqual(values.shape, [3, 3]);
  assert.deepEqual([...values.data], [1, 0.9, Number.NaN, 2, 0.7, 4, 3, Number.NaN, Number.NaN]);
});

test('a long history is thinned evenly and keeps its last row', (t) => {
  const path = join(runsFolder(t), 'metrics.jsonl');
  writeFileSync(path, Array.from({ length: 50_000 }, (_, i) => JSON.stringify({ step: i, loss: i })).join('\n'));
  const { values } = readMetrics(path);
  assert.ok(values.shape[0]! <= 20_001);
  assert.equal(values.data.at(-1), 49_999);
});
