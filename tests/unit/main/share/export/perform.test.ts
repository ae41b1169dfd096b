/** What holds for every format: whole or not there, nothing overwritten, stopped at once, killed without harm. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateCatalog } from '../../../../../bench/generate-catalog.ts';
import { stopThreads } from '../../../../../src/main/catalog/client.ts';
import { exportCatalog } from '../../../../../src/main/share/run.ts';
import { exportFormats } from '../../../../../src/shared/schema/export.ts';
import type { Progress } from '../../../../../src/shared/schema/job.ts';
import { exportTo } from '../../../../support/share.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const clean: (() => void)[] = [];
const folder = temporaryFolder({ after: (end) => clean.push(end) });
const from = join(folder, 'from.loupe');
before(() => generateCatalog(from, { features: 300, contexts: 40, contextLength: 64, vocabulary: 200 }));
after(async () => {
  await stopThreads();
  clean.forEach((end) => end());
});

/** Everything in the folder beside the catalog. */
const left = (): string[] => readdirSync(folder).filter((name) => name !== 'from.loupe');

for (const format of exportFormats) {
  test(`${format}: stopped half-way, nothing is left, neither under its name nor beside it`, () => {
    let steps = 0;
    const stop = { step: () => { if (++steps > 2) throw new Error('stopped'); } };
    assert.throws(() => exportTo(from, format, join(folder, 'out'), { examples: 3 }, stop), /stopped/);
    assert.deepEqual(left(), []);
  });

  test(`${format}: what is there is not touched`, () => {
    const out = join(folder, 'taken');
    writeFileSync(out, 'mine');
    assert.throws(() => exportTo(from, format, out), { kind: 'conflict' });
    assert.equal(readFileSync(out, 'utf8'), 'mine');
    assert.deepEqual(left(), ['taken']);
    rmSync(out);
  });
}

test('as a job it runs in a thread, says how far it is, and gives facts', async () => {
  const seen: Progress[] = [];
  const result = await exportCatalog({ catalog: from, format: 'csv', out: join(folder, 'job') }, { signal: new AbortController().signal, progress: (progress) => seen.push(progress) });
  assert.deepEqual([result['features'], result['sources'], result['format']], [300, 1, 'csv']);
  assert.deepEqual([seen.at(-1)!.step, seen.at(-1)!.total], [300, 300]);
  assert.ok(Number(result['bytes']) > 0 && existsSync(join(folder, 'job', 'features.csv')));
  rmSync(join(folder, 'job'), { recursive: true });
});

test('a job that is stopped rejects with kind cancelled and leaves nothing', async () => {
  const controller = new AbortController();
  const job = exportCatalog({ catalog: from, format: 'parquet', out: join(folder, 'job'), examples: 3 }, { signal: controller.signal, progress: () => controller.abort() });
  await assert.rejects(job, { kind: 'cancelled' });
  assert.deepEqual(left(), []);
});

test('wrong configs are named, an empty selection and a missing catalog too', async () => {
  const context = { signal: new AbortController().signal, progress: () => {} };
  const out = join(folder, 'none');
  await assert.rejects(exportCatalog({ catalog: from, format: 'pdf', out }, context), { kind: 'bad-config', message: /format/ });
  await assert.rejects(exportCatalog({ catalog: from, format: 'csv', out, selection: { indices: '5-' } }, context), { kind: 'bad-config', message: /indices/ });
  await assert.rejects(exportCatalog({ catalog: from, format: 'csv', out, selection: { indices: '9-5' } }, context), { kind: 'bad-request', message: /9-5/ });
  await assert.rejects(exportCatalog({ catalog: from, format: 'csv', out, selection: { indices: '900' } }, context), { kind: 'not-found' });
  await assert.rejects(exportCatalog({ catalog: from, format: 'csv', out, selection: { list: 'mine' } }, context), { kind: 'not-found', message: /mine/ });
  await assert.rejects(exportCatalog({ catalog: join(folder, 'no.loupe'), format: 'csv', out }, context), { kind: 'not-found' });
  await assert.rejects(exportCatalog({ catalog: from, format: 'csv', out: join(folder, 'no', 'where') }, context), { kind: 'not-found', message: /no folder/ });
  assert.deepEqual(left(), []);
});

test('killed in the middle, only a .partial is left, which the next export removes', async () => {
  const out = join(folder, 'killed');
  const loupe = join(import.meta.dirname, '../../../../../src/cli/loupe.ts');
  const child = spawn(process.execPath, [loupe, 'catalog', 'export', from, '--to', 'parquet', '--out', out], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (left().length === 0 && child.exitCode === null) await sleep(2);
  child.kill('SIGKILL');
  await ended;
  assert.ok(!existsSync(out), 'it was killed before it was done');
  assert.deepEqual(left().map((name) => name.replace(/\d+-\d+/, 'N')), ['killed.N.partial']);
  exportTo(from, 'csv', out);
  assert.deepEqual(left(), ['killed']);
  rmSync(out, { recursive: true });
});
