/** Analyses of dictionaries that only Loupe computes: crosscoders and ITDA. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
const folder = mkdtempSync(join(tmpdir(), 'loupe-analyse-'));
const at = (name: string): string => join(folder, name);

const train = async (variant: string, name: string, ...more: string[]): Promise<unknown> =>
  resultOf(await inProcess(['train', '--synthetic', '--variant', variant, '--steps', '20', '--batch', '128', '--out', at(name), ...more]));

before(async () => {
  await train('crosscoder', 'crosscoder', '--d-sae', '40');
  // beyond the first rows, which always become atoms, it depends on the data which do
  await train('itda', 'one', '--d-sae', '100');
  await train('itda', 'two', '--d-sae', '100', '--seed', '7');
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('latents of two rotations of one code are shared, and the histogram counts each', async () => {
  const result = resultOf(await inProcess(['analyse', 'sources', '--dictionary', at('crosscoder')])) as { latents: number; shared: number; own: { first: number; second: number }; histogram: number[]; relative: number[] };
  assert.equal(result.latents, 40);
  assert.equal(result.shared + result.own.first + result.own.second, 40);
  assert.equal(result.histogram.reduce((sum, count) => sum + count, 0), 40);
  assert.ok(result.shared > 30 && result.relative.every((value) => value >= 0 && value <= 1), JSON.stringify(result));
  assertRefused(await inProcess(['analyse', 'sources', '--dictionary', at('one')]), { kind: 'mismatch', says: [/one hook/, /crosscoder/] });
  assertRefused(await inProcess(['analyse', 'sources', '--dictionary', at('crosscoder'), '--second', '2']), { kind: 'bad-request', says: [/--second/] });
});

test('a model is like itself, less like one that other tokens made, and only ITDA dictionaries can be compared', async () => {
  const compare = async (...others: string[]): Promise<{ similarities: number[][]; model: number; layerMatching: number }> =>
    resultOf(await inProcess(['analyse', 'itda', '--dictionary', at('one'), at('two'), '--other', ...others.map(at)])) as never;
  const same = await compare('one', 'two');
  assert.deepEqual([same.similarities[0]![0], same.similarities[1]![1], same.model, same.layerMatching], [1, 1, 1, 1]);
  assert.ok(same.similarities[0]![1]! < 1);
  assert.equal((await compare('two', 'one')).layerMatching, 0);
  assertRefused(await inProcess(['analyse', 'itda', '--dictionary', at('crosscoder'), '--other', at('one')]), { kind: 'mismatch', says: [/no labels/] });
  assertRefused(await inProcess(['analyse', 'itda', '--dictionary', at('one')]), { kind: 'bad-request', says: [/--other is missing/] });
});
