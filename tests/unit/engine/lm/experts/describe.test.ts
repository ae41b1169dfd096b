import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { describeExperts } from '../../../../../src/engine/lm/experts/describe.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { fixtureFolder } from '../../../../support/lm-fixtures.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());

test('layout, experts and their units are told from the files, with the hash that catalogs name', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('moe-x', { experts: 4, k: 2, width: 8 }));
  const about = describeExperts(folder);
  assert.deepEqual([about.kind, about.layout, about.layers, about.experts, about.units], ['moe-x', 'list', 2, 4, 8]);
  const model = await loadModel(folder);
  assert.equal(about.hash, model.identity.hash);
  model.dispose();
  const monet = temporaryFolder(t);
  writeTinyModel(monet, tinyShape('monet-vd', { experts: 16, width: 4 }));
  assert.deepEqual([describeExperts(monet).layout, describeExperts(monet).units], ['square', 1]);
});

test('a model without experts has none, of whatever family', (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('crate'));
  assert.deepEqual([describeExperts(folder).layout, describeExperts(folder).kind], [null, 'crate']);
  assert.deepEqual([describeExperts(fixtureFolder('gpt2')).layout, describeExperts(fixtureFolder('gpt2')).kind], [null, 'gpt2']);
});
