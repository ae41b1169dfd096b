import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { dictionaryHash } from '../../../../../src/engine/interp/build-key.ts';
import { findDictionary } from '../../../../../src/engine/interp/map/find-dictionary.ts';
import { loadDictionary } from '../../../../../src/engine/sae/load.ts';
import { casePath } from '../../../../support/dictionaries.ts';

const path = casePath('saelens-gated');
let hash = '';
let features = 0;
before(async () => {
  const dictionary = await loadDictionary(path);
  [hash, features] = [dictionaryHash(dictionary), dictionary.dSae];
  dictionary.dispose();
});

test('the dictionary is known by its hash among folders that hold others or nothing', async () => {
  const lines: string[] = [];
  const found = await findDictionary(['/nowhere', casePath('saelens-abstopk'), path], hash, null, (line) => lines.push(line));
  assert.deepEqual([found?.path, found?.dSae], [path, features]);
  assert.match(lines[0]!, /\/nowhere was passed over/);
  assert.equal(await findDictionary([path], 'other', null, () => {}), null);
});
