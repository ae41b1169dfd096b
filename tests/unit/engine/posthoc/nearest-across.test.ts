import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { dictionaryHash } from '../../../../src/engine/interp/build-key.ts';
import { nearestAcross } from '../../../../src/engine/posthoc/nearest-across.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { casePath } from '../../../support/dictionaries.ts';

const [own, other] = [casePath('saelens-gated'), casePath('saelens-abstopk')];
let hash = '';
let equalWidth = false;
before(async () => {
  const [a, b] = [await loadDictionary(own), await loadDictionary(other)];
  hash = dictionaryHash(a);
  equalWidth = a.dOut === b.dOut;
  a.dispose();
  b.dispose();
});

test('each other dictionary of equal width gives its nearest, falling; the dictionary itself gives none', async () => {
  const { dictionaries, passed } = await nearestAcross({ candidates: [own, other, '/nowhere'], hash, provenance: null, index: 0, k: 3, signed: false });
  assert.deepEqual(dictionaries.map(({ path }) => path), equalWidth ? [other] : []);
  for (const { nearest } of dictionaries) {
    const cosines = nearest.map(({ cosine }) => cosine);
    assert.deepEqual(cosines, cosines.toSorted((a, b) => b - a));
    assert.ok(nearest.length === 3 && cosines.every((cosine) => Math.abs(cosine) <= 1.0001));
  }
  assert.match(passed.join(), /\/nowhere/);
});

test('without the dictionary, or with a feature that it lacks, it is said', async () => {
  const input = { candidates: [other], hash: 'gone', provenance: null, index: 0, k: 1, signed: false };
  const missing = (error: unknown): boolean => error instanceof LoupeError && error.kind === 'not-found';
  await assert.rejects(nearestAcross(input), missing);
  await assert.rejects(nearestAcross({ ...input, candidates: [own], hash, index: 1_000_000 }), missing);
});
