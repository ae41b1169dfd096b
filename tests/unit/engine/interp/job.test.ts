/** The job around the pass: what it loads, and what it says when it cannot. The figures are checked in statistics.test.ts. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readChunk, readManifest } from '../../../../src/engine/interp/build-files.ts';
import { runStatistics, statisticsConfigSchema } from '../../../../src/engine/interp/job.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { openStore } from '../../../../src/engine/store/open.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { hook, makeMainJob } from '../../../support/main-job.ts';
import type { MainJob } from '../../../support/main-job.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
let folder: string;
let main: MainJob;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loupe-statistics-job-'));
  main = await makeMainJob(folder);
});

after(() => rmSync(folder, { recursive: true, force: true }));

const run = (work: string, changes: Record<string, unknown> = {}) => runStatistics(
  statisticsConfigSchema.parse({ store: main.store, dictionary: main.dictionary, model: main.model, ...changes }),
  { signal: new AbortController().signal, folder: join(folder, work), progress: () => {}, metrics: () => {}, log: () => {} },
);

test('a real store and a real dictionary are counted as they are', async () => {
  const result = await run('work');
  const store = openStore(main.store);
  const dictionary = await loadDictionary(main.dictionary);
  const { contexts, contextLength } = store.manifest;
  const mask = store.mask(0, contexts);
  const firings = new Int32Array(dictionary.dSae);
  const { width, indices, values } = dictionary.encode(store.activations(hook, 0, contexts), contexts * contextLength);
  for (let slot = 0; slot < values.length; slot++) if (values[slot]! > 0 && mask[Math.floor(slot / width)] === 1) firings[indices[slot]!]!++;
  assert.deepEqual(readChunk(join(folder, 'work'), 0).firings, firings);
  assert.equal(result['tokens'], mask.reduce((a, b) => a + b, 0));
  assert.equal(result['features'], 32);
  const { source, provenance } = readManifest(join(folder, 'work'));
  assert.deepEqual([source.name, source.hookPoint, source.layer], ['dictionary', hook, 0]);
  assert.deepEqual(Object.keys(provenance), ['model', 'store', 'dictionary', 'statistics']);
  store.close();
  dictionary.dispose();
});

describe('refused, with nothing left behind', () => {
  const cases: readonly (readonly [string, () => Record<string, unknown>, string, RegExp])[] = [
    ['another model', () => ({ model: main.otherModel }), 'mismatch', /model/],
    ['a hook that the store lacks', () => ({ hook: 'blocks.1.hook_resid_post' }), 'mismatch', /blocks\.0\.hook_resid_post/],
    ['a store that is not there', () => ({ store: join(folder, 'none') }), 'not-found', /none/],
    ['a dictionary that is not there', () => ({ dictionary: join(folder, 'none') }), 'not-found', /none/],
  ];
  for (const [what, changes, kind, words] of cases) {
    test(what, async () => {
      const before = readdirSync(folder);
      await assert.rejects(run('refused', changes()), (error: unknown) => error instanceof LoupeError && error.kind === kind && words.test(error.message));
      assert.deepEqual(readdirSync(folder), before);
    });
  }
});
