import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SynSource, defaultSyn } from '../../../../src/engine/sae/synthetic/source.ts';
import { sweepConfigSchema } from '../../../../src/engine/sweep/config.ts';
import type { SweepConfig } from '../../../../src/engine/sweep/config.ts';
import { HookView } from '../../../../src/engine/sweep/hook-view.ts';
import { sweepFrom } from '../../../../src/engine/sweep/job.ts';
import type { SweepRow } from '../../../../src/shared/schema/sweep.ts';
import { trainFrom } from '../../../../src/engine/train/job.ts';
import { useBackend } from '../../../support/backends.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

const base = { activations: ['synthetic'], dSae: 80, steps: 30, batch: 64, lr: 2e-3, warmupSteps: 1, deadWindow: 200, heldOut: 64, checkpointEvery: 7, logEvery: 5 };
let opened = 0;
let drawn = 0;

/** The synthetic data of the sweep's seed; how often it was opened, and how many batches were drawn. */
const open = (config: { readonly seed: number }): Promise<SynSource> => {
  opened++;
  const source = new SynSource(defaultSyn, config.seed);
  const next = source.next.bind(source);
  source.next = (rows) => {
    drawn++;
    return next(rows);
  };
  return Promise.resolve(source);
};

const sweepOf = (folder: string, fields: Record<string, unknown>): SweepConfig => sweepConfigSchema.parse({ out: join(folder, 'sweep'), base, seed: 5, ...fields });
const weightsOf = (folder: string): Buffer => readFileSync(join(folder, 'sae_weights.safetensors'));

test('members share one pass, each ends with the weights that it would have alone, and baselines are in the table', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  [opened, drawn] = [0, 0];
  const result = await sweepFrom(open, sweepOf(folder, { grid: { k: [2, 4] } }), quietContext(folder));
  assert.deepEqual([opened, drawn], [1, 31]);
  const rows = result['rows'] as SweepRow[];
  assert.deepEqual(rows.map(({ role, error }) => [role, error]), [['trained', null], ['trained', null], ['random', null]]);
  assert.ok(rows[2]!.fvu! > rows[0]!.fvu! && rows[0]!.fvu! > rows[1]!.fvu!, JSON.stringify(rows));
  assert.ok(rows[0]!.pareto && rows[1]!.pareto && !rows[2]!.pareto);
  const alone = smallConfig(join(folder, 'alone'), { ...base, k: 4, seed: 5, auxK: 512 });
  await trainFrom(await open({ seed: 5 }), alone, quietContext(alone.out));
  assert.deepEqual(weightsOf(rows[1]!.dictionary), weightsOf(alone.out));
  assert.equal(readFileSync(join(folder, 'sweep', 'table.csv'), 'utf8').split('\r\n').length, 5);
});

test('an untrained dictionary with a running threshold fires about as often as a trained one', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const result = await sweepFrom(open, sweepOf(folder, { members: [{ variant: 'batch-topk', k: 4 }] }), quietContext(folder));
  const untrained = (result['rows'] as SweepRow[]).find(({ role }) => role === 'untrained')!;
  assert.ok(untrained.l0! > 2 && untrained.l0! < 8, `L0 ${untrained.l0}`);
});

test('members of several hooks of a model are trained in one pass, each on its own columns', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  // two hooks side by side: the two rotations of the crosscoder's task
  const asked: unknown[] = [];
  const both = (config: { readonly seed: number; readonly hookPoints?: readonly string[] }): Promise<SynSource> => {
    asked.push(config.hookPoints);
    return Promise.resolve(new SynSource(defaultSyn, config.seed, 'rotations'));
  };
  const streamed = { ...base, activations: [], model: 'm', corpus: 'c', k: 3 };
  const result = await sweepFrom(both, sweepOf(folder, { base: streamed, grid: { hookPoint: ['a', 'b'] }, baselines: false }), quietContext(folder));
  const rows = result['rows'] as SweepRow[];
  assert.deepEqual(asked, [['a', 'b']]);
  assert.deepEqual(rows.map(({ hookPoint, error }) => [hookPoint, error]), [['a', null], ['b', null]]);
  for (const [row, half] of rows.map((r, i) => [r, i] as const)) {
    const alone = smallConfig(join(folder, `alone-${half}`), { ...base, k: 3, seed: 5, auxK: 512 });
    await trainFrom(new HookView(new SynSource(defaultSyn, 5, 'rotations'), ['a', 'b'], half), alone, quietContext(alone.out));
    assert.deepEqual(weightsOf(row.dictionary), weightsOf(alone.out));
  }
});

test('one broken member does not keep the others from their end: wrong fields, a width that the data refuse, divergence', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const members = [{ k: 3 }, { k: 0 }, { variant: 'transcoder' }, { k: 3, lr: 1, clip: 1e30, seed: 6, epsilon: 1e-30 }];
  const result = await sweepFrom(open, sweepOf(folder, { members, baselines: false }), quietContext(folder));
  const errors = (result['rows'] as SweepRow[]).map(({ error }) => error);
  assert.equal(errors[0], null);
  assert.match(errors[1]!, /k/);
  assert.match(errors[2]!, /transcoder predicts one hook from another/);
  assert.equal(result['failed'], errors.filter((error) => error !== null).length);
});

test('stopped and run again, a sweep ends with the same weights; finished members are not trained again', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const fields = { members: [{ k: 2, steps: 10 }, { k: 3 }, { k: 4, checkpointEvery: 5 }], baselines: false };
  const whole = await sweepFrom(open, sweepOf(folder, { ...fields, out: join(folder, 'whole') }), quietContext(folder));
  const stop = new AbortController();
  let steps = 0;
  const stopping = quietContext(folder, stop.signal, { progress: () => { if (++steps === 50) stop.abort(); } });
  await assert.rejects(sweepFrom(open, sweepOf(folder, fields), stopping), { kind: 'cancelled' });
  assert.ok(existsSync(join(folder, 'sweep', 'members')) && !existsSync(join(folder, 'sweep', 'table.json')));
  const again = await sweepFrom(open, sweepOf(folder, fields), quietContext(folder));
  const [a, b] = [whole['rows'] as SweepRow[], again['rows'] as SweepRow[]];
  for (const [i, row] of b.entries()) assert.deepEqual(weightsOf(row.dictionary), weightsOf(a[i]!.dictionary), row.name);
  drawn = 0;
  await sweepFrom(open, sweepOf(folder, fields), quietContext(folder));
  assert.equal(drawn, 0);
});

test('a sweep without a member, with wrong ones only, or in the folder of another, is refused', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  await assert.rejects(sweepFrom(open, sweepOf(folder, {}), quietContext(folder)), { kind: 'bad-config', message: /grid and members are both empty/ });
  await assert.rejects(sweepFrom(open, sweepOf(folder, { members: [{ k: 0 }] }), quietContext(folder)), { kind: 'bad-config', message: /no member can be trained/ });
  await sweepFrom(open, sweepOf(folder, { members: [{ k: 2, steps: 2 }], baselines: false }), quietContext(folder));
  await assert.rejects(sweepFrom(open, sweepOf(folder, { members: [{ k: 3, steps: 2 }] }), quietContext(folder)), { kind: 'conflict', message: /members/ });
});
