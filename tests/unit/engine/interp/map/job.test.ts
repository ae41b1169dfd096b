import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { dictionaryHash } from '../../../../../src/engine/interp/build-key.ts';
import { mapConfigSchema, runMap } from '../../../../../src/engine/interp/map/job.ts';
import { writeNeighbours } from '../../../../../src/engine/interp/map/neighbours-file.ts';
import { loadDictionary } from '../../../../../src/engine/sae/load.ts';
import { casePath } from '../../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const path = casePath('saelens-gated');
let hash = '';
let features = 0;
before(async () => {
  const dictionary = await loadDictionary(path);
  [hash, features] = [dictionaryHash(dictionary), dictionary.dSae];
  dictionary.dispose();
});

const context = (folder: string, signal = new AbortController().signal) => {
  const phases = new Set<string>();
  return { phases, signal, folder, log: () => {}, metrics: () => {}, progress: ({ phase }: { phase: string }) => void phases.add(phase) };
};
const config = (changes: object) => mapConfigSchema.parse({ candidates: [], hash, provenance: null, stored: null, features, k: 3, epochs: 5, ...changes });

test('a map has one point a feature, and the same seed gives the same', async (t) => {
  const folder = temporaryFolder(t);
  const { phases, ...rest } = context(folder);
  const result = await runMap(config({ candidates: [path] }), rest);
  assert.deepEqual([result['from'], result['dictionary'], result['k'], result['epochs']], ['decoder', path, 3, 5]);
  assert.deepEqual([...phases], ['neighbours', 'start', 'layout']);
  const bytes = readFileSync(String(result['points']));
  assert.equal(bytes.byteLength, 8 * features);
  // Run again, it finds its neighbours in the folder: no candidate is needed.
  const again = await runMap(config({}), context(folder));
  assert.deepEqual(readFileSync(String(again['points'])), bytes);
});

test('without the dictionary the stored neighbours serve, and without either it says what is missing', async (t) => {
  const folder = temporaryFolder(t);
  const stored = join(folder, 'stored.bin');
  writeNeighbours(stored, { n: features, k: 1, ids: Int32Array.from({ length: features }, (_, i) => (i + 1) % features), cosines: new Float32Array(features).fill(0.5) });
  assert.equal((await runMap(config({ stored }), context(folder)))['from'], 'catalog');
  await assert.rejects(runMap(config({}), context(folder)), { kind: 'not-found', message: /not in the workspace, and the catalog holds no neighbours/ });
});

test('a map that is stopped says so', async (t) => {
  await assert.rejects(runMap(config({ candidates: [path] }), context(temporaryFolder(t), AbortSignal.abort())), { kind: 'cancelled' });
});
