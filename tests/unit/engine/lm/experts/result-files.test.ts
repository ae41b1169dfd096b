import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TopUses } from '../../../../../src/engine/lm/experts/top-uses.ts';
import { readAttribution, readExpertLayer, readExpertUses, writeAttribution } from '../../../../../src/engine/lm/experts/result-files.ts';
import type { ExpertsResult } from '../../../../../src/shared/schema/experts.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

/** Two layers of three experts, two domains: 8 tokens in contexts of 4, and 3 tokens in one shorter than that. */
function written(folder: string): ExpertsResult {
  const masses = [0, 1].map((layer) => [0, 1].map((domain) => Float64Array.of(layer, domain, layer + domain)));
  const uses = new TopUses(2, 3, 2);
  uses.add(1, 2, 5, 0.75);
  uses.add(1, 2, 9, 0.25);
  const about: ExpertsResult = {
    model: '/m', hash: 'h', kind: 'switch', layout: 'list', layers: 2, experts: 3, units: 4, domains: [{ name: 'a', corpus: null, tokens: 8 }, { name: 'b', corpus: 'b.txt', tokens: 3 }],
    factor: 2, floor: 1e-7, uses: 2, byLayer: [{ owned: [0, 1], unused: 0 }, { owned: [1, 0], unused: 0 }],
  };
  const tokens = [Int32Array.from({ length: 10 }, (_, i) => i), Int32Array.of(20, 21, 22)];
  writeAttribution(folder, { about, attribution: { layers: 2, experts: 3, tokens: [8, 3], masses, loads: masses, uses }, owners: [Int16Array.of(-1, 1, -1), Int16Array.of(0, -1, -1)], tokens, contextLength: 4, show: (id) => `t${id}` });
  return about;
}

test('layers are read one at a time, as they were written', (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(readAttribution(written(folder) && folder), written(folder));
  const { masses, loads, owners } = readExpertLayer(folder, 1);
  assert.deepEqual([masses.shape, [...masses.data]], [[2, 3], [1, 0, 1, 1, 1, 2]]);
  assert.deepEqual([...loads.data], [...masses.data]);
  assert.deepEqual([...owners.data], [0, -1, -1]);
});

test('tokens that use an expert stand in their context, and do not reach over it', (t) => {
  const folder = temporaryFolder(t);
  written(folder);
  // place 5 is token 1 of the second context of a: tokens 4 to 7; place 9 is token 1 of b
  assert.deepEqual(readExpertUses(folder, 1, 2), [
    { domain: 0, weight: 0.75, texts: ['t4', 't5', 't6', 't7'], at: 1 },
    { domain: 1, weight: 0.25, texts: ['t20', 't21', 't22'], at: 1 },
  ]);
  assert.deepEqual(readExpertUses(folder, 0, 0), []);
});

test('what is not there, broken or outside is refused', (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => readAttribution(folder), { kind: 'not-found' });
  written(folder);
  assert.throws(() => readExpertLayer(folder, 2), { kind: 'bad-request', message: /layers 0 to 1/u });
  assert.throws(() => readExpertUses(folder, 0, 3), { kind: 'bad-request', message: /experts 0 to 2/u });
  truncateSync(join(folder, 'masses.f32'), 10);
  assert.throws(() => readExpertLayer(folder, 1), { kind: 'bad-file', message: /ends early/u });
  writeFileSync(join(folder, 'experts.json'), '{"model":1}');
  assert.throws(() => readAttribution(folder), { kind: 'bad-file' });
});
