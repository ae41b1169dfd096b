import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { dictionaryHash } from '../../../../src/engine/interp/build-key.ts';
import { matchConfigSchema, matchFile, runMatch } from '../../../../src/engine/posthoc/match-job.ts';
import type { MatchFile } from '../../../../src/engine/posthoc/match-job.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import type { Progress } from '../../../../src/shared/schema/job.ts';
import { casePath } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const paths = [casePath('saelens-gated'), casePath('saelens-abstopk')];
const hashes: string[] = [];
let features = 0;
before(async () => {
  for (const path of paths) {
    const dictionary = await loadDictionary(path);
    hashes.push(dictionaryHash(dictionary));
    features = hashes.length === 1 ? dictionary.dSae : features;
    dictionary.dispose();
  }
});

const side = (hash: string) => ({ name: 'one', hash, provenance: null });
const contextOf = (t: TestContext, reports: Progress[], signal = new AbortController().signal) => ({ signal, folder: temporaryFolder(t), progress: (progress: Progress) => void reports.push(progress), metrics: () => {}, log: () => {} });

test('a dictionary matches itself feature by feature, and the file says so', async (t) => {
  const reports: Progress[] = [];
  const result = await runMatch(matchConfigSchema.parse({ candidates: paths, a: side(hashes[0]!), b: side(hashes[0]!), signed: false }), contextOf(t, reports));
  const { a, b } = JSON.parse(readFileSync(String(result['matches']), 'utf8')) as MatchFile;
  assert.equal(a.at.length, features);
  assert.ok(a.value.every((value) => Math.abs(value - 1) < 1e-4));
  assert.deepEqual(a.at.map((row) => b.at[row]).length, features);
  assert.deepEqual([reports.at(-1)!.step, reports.at(-1)!.total, reports.at(-1)!.etaSeconds], [features, features, 0]);
});

test('a dictionary that is not there is named, with the other way to compare', async (t) => {
  const config = matchConfigSchema.parse({ candidates: paths, a: side(hashes[0]!), b: side('another'), signed: false });
  await assert.rejects(runMatch(config, contextOf(t, [])), (error: unknown) => error instanceof LoupeError && error.kind === 'not-found' && /by examples/.test(error.message));
});

test('it stops between blocks', async (t) => {
  const stopped = AbortSignal.abort();
  const config = matchConfigSchema.parse({ candidates: paths, a: side(hashes[0]!), b: side(hashes[0]!), signed: false });
  await assert.rejects(runMatch(config, contextOf(t, [], stopped)), (error: unknown) => error instanceof LoupeError && error.kind === 'cancelled');
});

test('the file keeps five decimals', () => {
  const maxima = { at: Int32Array.of(1), best: Float32Array.of(0.123456789) };
  assert.deepEqual(matchFile({ aToB: maxima, bToA: maxima }).a, { at: [1], value: [0.12346] });
});
