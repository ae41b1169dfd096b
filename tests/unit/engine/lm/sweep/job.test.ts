import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lmSweepInto, lmSweepSchema, lmTableFile, numbersOf, runLmSweep, type LmSweep } from '../../../../../src/engine/lm/sweep/job.ts';
import { readLmTable } from '../../../../../src/engine/lm/sweep/table.ts';
import type { JobContext } from '../../../../../src/engine/job.ts';
import { temporaryFolder, type Ending } from '../../../../support/temporary.ts';
import { repeatedText } from '../../../../support/trained-lm.ts';

const context = (folder: string, more: Partial<JobContext> = {}): JobContext => ({ signal: new AbortController().signal, folder, progress: () => undefined, metrics: () => undefined, log: () => undefined, ...more });

function sweepOf(t: Ending, raw: Record<string, unknown> = {}): LmSweep {
  return lmSweepSchema.parse({
    out: temporaryFolder(t), base: { data: repeatedText(t), layers: 1, dModel: 16, heads: 2, context: 16, batch: 4, steps: 12, lr: 1e-2, validTokens: 64, validEvery: 12, checkpointEvery: 4 },
    members: [{ name: 'dense', fields: { layer: { activation: 'relu' } } }, { name: 'up', fields: { arch: 'moe-x', layer: { experts: 3 } }, upcycle: { dense: { layer: { activation: 'relu', hidden: 16 } } } }],
    evaluate: { tokens: 60 }, ...raw,
  });
}

test('members are trained, up-cycled ones in two parts, and measured; run again, nothing is done anew', async (t) => {
  const sweep = sweepOf(t);
  const result = await runLmSweep(sweep, context(sweep.out));
  const rows = readLmTable(join(sweep.out, lmTableFile));
  assert.deepEqual(rows.map(({ name, steps, error }) => [name, steps, error]), [['dense', 12, null], ['up', 12, null]]);
  for (const { figures } of rows) assert.ok(Math.abs(figures['loss']! - figures['valid_loss']!) < 0.2 && figures['perplexity']! > 1);
  assert.ok(rows[1]!.figures['dense_valid_loss']! > 0 && rows[1]!.parameters > rows[1]!.activeParameters);
  assert.equal(result['failed'], 0);
  // The table alone is enough: the models may be gone.
  rmSync(join(sweep.out, 'runs'), { recursive: true });
  const times = readFileSync(join(sweep.out, lmTableFile), 'utf8');
  await lmSweepInto(join(sweep.out, lmTableFile), sweep, context(sweep.out), () => Promise.reject(new Error('must not be measured')));
  assert.equal(readFileSync(join(sweep.out, lmTableFile), 'utf8'), times);
});

test('stopped in the middle it goes on at its checkpoint, and ends with the same figures', async (t) => {
  const whole = sweepOf(t);
  const cut = { ...whole, out: temporaryFolder(t) };
  await runLmSweep(whole, context(whole.out));
  const stop = new AbortController();
  const table = join(cut.out, lmTableFile);
  await assert.rejects(runLmSweep(cut, context(cut.out, { signal: stop.signal, progress: ({ step, message }) => { if (message === 'run 2 of 2' && step >= 3) stop.abort(); } })), { kind: 'cancelled' });
  assert.equal(readLmTable(table).length, 1);
  await runLmSweep(cut, context(cut.out));
  const figures = (folder: string): unknown => readLmTable(join(folder, lmTableFile)).map((row) => row.figures);
  assert.deepEqual(figures(cut.out), figures(whole.out));
});

test('a run that breaks leaves its reason, the others go on; it is tried again', async (t) => {
  const sweep = sweepOf(t, { members: [{ name: 'bad', fields: { dModel: 15 } }, { name: 'good' }] });
  const result = await runLmSweep(sweep, context(sweep.out));
  const rows = readLmTable(join(sweep.out, lmTableFile));
  assert.match(rows[0]!.error!, /dModel is 15 and heads is 2/u);
  assert.equal(rows[1]!.error, null);
  assert.equal(result['failed'], 1);
  const tried: string[] = [];
  await runLmSweep(sweep, context(sweep.out, { log: (line) => tried.push(line) }));
  assert.ok(tried.some((line) => line.startsWith('bad-s0')) && !tried.some((line) => line.startsWith('good-s0')));
});

test('numbers of an evaluation are found at any depth, others are left out', () => {
  assert.deepEqual(numbersOf({ a: 1, b: 'x', c: { d: 2, e: [1], f: { g: Number.NaN, h: 3 } } }), { a: 1, 'c.d': 2, 'c.f.h': 3 });
});
