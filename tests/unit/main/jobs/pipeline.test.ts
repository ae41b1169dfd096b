import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JobContext } from '../../../../src/engine/job.ts';
import { runDemoPipeline } from '../../../../src/main/jobs/pipeline.ts';
import type { LoupeError } from '../../../../src/shared/errors.ts';
import type { Progress } from '../../../../src/shared/schema/job.ts';

const config = { harvest: { h: 1 }, train: { t: 1 }, catalog: { c: 1 } };

/** A stage of `steps` steps that reports each. */
const stage = (steps: number, calls: string[]) => async (given: Readonly<Record<string, unknown>>, context: JobContext): Promise<Record<string, unknown>> => {
  calls.push(`${Object.keys(given).join()} in ${context.folder}`);
  for (let step = 1; step <= steps; step++) {
    context.signal.throwIfAborted();
    context.progress({ phase: 'inner', step, total: steps, tokensPerSecond: 5, etaSeconds: null, metrics: { fvu: 0.2 }, message: null });
    context.metrics(step, { fvu: 0.2 });
  }
  return { steps };
};

test('the stages run in order, each in its folder, with one progress that only rises to its end', async () => {
  const calls: string[] = [];
  const reports: Progress[] = [];
  const metrics: number[] = [];
  const services = { harvest: stage(10, calls), train: stage(3, calls), buildCatalog: stage(7, calls) };
  const result = await runDemoPipeline(config, services, { signal: new AbortController().signal, folder: '/run', log: () => {}, metrics: (step) => metrics.push(step) }, (p) => reports.push(p));
  assert.deepEqual(calls, [`h in ${join('/run', 'harvest')}`, `t in ${join('/run', 'train')}`, `c in ${join('/run', 'catalog')}`]);
  assert.deepEqual(result, { harvest: { steps: 10 }, train: { steps: 3 }, catalog: { steps: 7 } });
  const steps = reports.map((p) => p.step);
  assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
  assert.deepEqual([steps[9], steps[12], steps.at(-1), reports.at(-1)!.total], [400, 820, 1000, 1000]);
  assert.deepEqual(metrics, [1, 2, 3]);
  assert.equal(reports[0]!.tokensPerSecond, 5);
});

test('a stop between stages starts no further stage', async () => {
  const calls: string[] = [];
  const stop = new AbortController();
  const services = {
    harvest: async () => {
      stop.abort();
      return {};
    },
    train: stage(1, calls), buildCatalog: stage(1, calls),
  };
  await assert.rejects(runDemoPipeline(config, services, { signal: stop.signal, folder: '/run', log: () => {} }, () => {}), (e: LoupeError) => e.kind === 'cancelled');
  assert.deepEqual(calls, []);
});

test('a stage of several phases goes through each of them once, and never back', async () => {
  const phases = async (_config: unknown, context: JobContext): Promise<Record<string, unknown>> => {
    for (const phase of ['encode', 'statistics', 'catalog', 'label']) {
      for (let step = 0; step <= 2; step++) context.progress({ phase, step, total: 2, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });
    }
    return {};
  };
  const reports: number[] = [];
  await runDemoPipeline(config, { harvest: stage(1, []), train: stage(1, []), buildCatalog: phases }, { signal: new AbortController().signal, folder: '/run', log: () => {} }, (p) => reports.push(p.step));
  // 0.82 is done before; 0.18 of 1,000 steps are shared 36 : 40 : 12 : 12.
  const expected = [820, 852.4, 884.8, 884.8, 920.8, 956.8, 956.8, 967.6, 978.4, 978.4, 989.2, 1000];
  assert.equal(reports.length - 2, expected.length);
  expected.forEach((step, i) => assert.ok(Math.abs(reports[i + 2]! - step) <= 0.5, `${i}: ${reports[i + 2]} and not ${step}`));
});

test('a phase without a total, or one that begins again, does not take the whole back', async () => {
  const train = async (_config: unknown, context: JobContext): Promise<Record<string, unknown>> => {
    for (const [phase, step, total] of [['train', 2, 2], ['evaluate', 1280, 0], ['again', 0, 5]] as const) {
      context.progress({ phase, step, total, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null });
    }
    return {};
  };
  const reports: number[] = [];
  await runDemoPipeline(config, { harvest: stage(1, []), train, buildCatalog: stage(1, []) }, { signal: new AbortController().signal, folder: '/run', log: () => {} }, (p) => reports.push(p.step));
  assert.deepEqual(reports, [400, 820, 820, 820, 1000]);
});
