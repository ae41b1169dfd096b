import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { convertDictionary } from '../../../../src/engine/convert/convert.ts';
import { dictionaryHash } from '../../../../src/engine/interp/build-key.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { UnitsDictionary } from '../../../../src/engine/sae/units-dictionary.ts';
import { ensureUnits, isUnitsFolder, unitsOf } from '../../../../src/engine/sae/units-file.ts';
import { defaultKeep } from '../../../../src/shared/schema/units.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { tinyShape, writeTinyModel } from '../../../support/own-models.ts';
import { temporaryFolder, type Ending } from '../../../support/temporary.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
before(async () => { await tf.setBackend('cpu'); });

const hook = 'blocks.1.mlp.hook_post';
const is = (kind: string, words: RegExp) => (error: unknown): boolean => error instanceof LoupeError && error.kind === kind && words.test(error.message);

async function modelOf(t: Ending, arch: string, layer: Record<string, unknown> = {}): Promise<{ readonly model: LanguageModel; readonly folder: string }> {
  const folder = temporaryFolder(t);
  writeTinyModel(join(folder, 'model'), tinyShape(arch, layer));
  const model = await loadModel(join(folder, 'model'));
  t.after(() => model.dispose());
  return { model, folder: join(folder, 'units') };
}

test('the folder opens as any dictionary, with the same hash as the units themselves; made again it is found', async (t) => {
  for (const [arch, layer] of [['dense', { activation: 'relu' }], ['monet-hd', { experts: 16 }]] as const) {
    const { model, folder } = await modelOf(t, arch, layer);
    const made = ensureUnits(folder, model, hook, null);
    assert.equal(made.path, folder);
    assert.ok(isUnitsFolder(folder));
    const loaded = await loadDictionary(folder);
    assert.equal(dictionaryHash(loaded), dictionaryHash(made.dictionary));
    assert.equal(dictionaryHash(unitsOf(model, hook, null)), dictionaryHash(loaded));
    assert.ok(loaded instanceof UnitsDictionary);
    assert.deepEqual(loaded.units, made.dictionary.units);
    const before = readFileSync(join(folder, 'loupe.json'));
    assert.equal(ensureUnits(folder, model, hook, null).path, folder);
    assert.deepEqual(readFileSync(join(folder, 'loupe.json')), before);
    assert.equal((JSON.parse(readFileSync(join(folder, 'cfg.json'), 'utf8')) as { architecture: string }).architecture, 'loupe:units');
    await assert.rejects(convertDictionary({ source: folder, destination: `${folder}-2`, from: 'auto', to: 'saelens', layout: 'ask' }), is('unsupported', /units of a layer/));
  }
});

test('how many units count: all where zeros are exact, else the default or what was asked for', async (t) => {
  const relu = (await modelOf(t, 'dense', { activation: 'relu' })).model;
  const gelu = (await modelOf(t, 'dense', { activation: 'gelu', hidden: 100 })).model;
  assert.deepEqual([unitsOf(relu, hook, null).units.keep, unitsOf(relu, hook, 3).units.keep, unitsOf(gelu, hook, null).units.keep, unitsOf(gelu, hook, 9).units.keep], [null, 3, defaultKeep, 9]);
  assert.throws(() => unitsOf(gelu, hook, 101), is('bad-request', /101.*100 units/));
});

test('a folder of other units gets one beside it, a folder of something else is refused', async (t) => {
  const { model, folder } = await modelOf(t, 'dense', { activation: 'relu' });
  ensureUnits(folder, model, hook, null);
  const other = ensureUnits(folder, model, hook, 4).path;
  assert.match(other, /units-[0-9a-f]{8}$/);
  assert.equal(ensureUnits(folder, model, hook, 4).path, other);
  writeFileSync(join(folder, '..', 'note.txt'), 'mine');
  assert.throws(() => ensureUnits(join(folder, '..'), model, hook, null), is('conflict', /something else/));
});

test('what a killed process left is written again; directions that were changed are refused', async (t) => {
  const { model, folder } = await modelOf(t, 'moe-x', { experts: 4, width: 8 });
  ensureUnits(folder, model, hook, null);
  rmSync(join(folder, 'loupe.json'));
  await assert.rejects(loadDictionary(folder), is('bad-file', /loupe\.json/));
  ensureUnits(folder, model, hook, null);
  const weights = readFileSync(join(folder, 'sae_weights.safetensors'));
  weights[weights.length - 1]! ^= 1;
  writeFileSync(join(folder, 'sae_weights.safetensors'), weights);
  await assert.rejects(loadDictionary(folder), is('mismatch', /directions/));
  rmSync(join(folder, 'sae_weights.safetensors'));
  await assert.rejects(loadDictionary(folder), (error: unknown) => error instanceof LoupeError);
});
