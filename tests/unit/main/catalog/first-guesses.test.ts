import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { openCatalog, stopThreads, verifyCatalog } from '../../../../src/main/catalog/client.ts';
import { runLabelling } from '../../../../src/main/catalog/first-guesses.ts';
import { labelConfigSchema } from '../../../../src/main/catalog/label-config.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import type { Progress } from '../../../../src/shared/schema/job.ts';
import { labelCatalog } from '../../../support/label-catalog.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-first-guesses-'));
let n = 0;
let path = '';
beforeEach(() => {
  path = join(folder, `${++n}.loupe`);
  labelCatalog(path);
});
after(async () => {
  await stopThreads();
  rmSync(folder, { recursive: true });
});
const context = (changes: object = {}) => ({ signal: new AbortController().signal, folder: join(folder, `run-${n}`), progress: (_progress: Progress): void => {}, ...changes });

test('a run labels what can be explained, leaves a sound catalog, and says how well', async () => {
  const reports: Progress[] = [];
  const seen: string[] = [];
  const result = await runLabelling(labelConfigSchema.parse({ catalog: path }), context({ progress: (progress: Progress) => reports.push(progress) }), { floor: true, show: ({ text }) => seen.push(text) });
  assert.deepEqual([result['features'], result['labelled'], result['tooRare'], result['unexplained'], result['scored']], [3, 2, 1, 0, 2]);
  assert.ok(Number(result['detection']) >= Number(result['floor']) + 0.15, JSON.stringify(result));
  assert.deepEqual(seen, ['token "w5x"', 'tokens after "w9x"']);
  assert.deepEqual([reports.at(-1)!.step, reports.at(-1)!.total, reports.at(-1)!.etaSeconds], [3, 3, 0]);
  assert.deepEqual((await verifyCatalog(path)).problems, []);
});

test('stopped before the first batch it goes on later; run again with a label by hand it leaves that alone', async () => {
  const stop = new AbortController();
  stop.abort();
  const config = labelConfigSchema.parse({ catalog: path });
  await assert.rejects(runLabelling(config, context({ signal: stop.signal })), (error: unknown) => error instanceof LoupeError && error.kind === 'cancelled');
  const catalog = await openCatalog(path);
  await catalog.setLabel({ source: 1, index: 0, text: 'mine', author: 'Ada', kind: 'manual', confidence: null, notes: '' });
  assert.equal((await runLabelling(config, context()))['labelled'], 1);
  assert.equal((await catalog.feature({ source: 1, index: 0 })).label!.text, 'mine');
  // The record of the finished run says that all of it is done.
  assert.equal((await runLabelling(config, context()))['features'], 2);
  assert.equal((await runLabelling(labelConfigSchema.parse({ catalog: path, features: '1' }), context()))['labelled'], 0, 'the same guess again adds nothing');
  await catalog.close();
});
