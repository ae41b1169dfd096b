import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { LanguageModel } from '../../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { notesOf, unitsHook, unitsOf } from '../../../../../src/engine/lm/sparsity/units.ts';
import { unitNameOf } from '../../../../../src/shared/unit-names.ts';
import { fixtureFolder } from '../../../../support/lm-fixtures.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder, type Ending } from '../../../../support/temporary.ts';

async function opened(t: Ending, arch: string | null, layer: Record<string, unknown> = {}): Promise<LanguageModel> {
  await loadBackend();
  const folder = temporaryFolder(t);
  if (arch !== null) writeTinyModel(folder, tinyShape(arch, layer));
  const model = await loadModel(arch === null ? fixtureFolder('gpt2') : folder);
  t.after(() => model.dispose());
  return model;
}

test('exact zeros are of ReLU, experts behind gates and sparse codes; units have their names', async (t) => {
  const exact = async (arch: string, layer: Record<string, unknown> = {}): Promise<boolean> => unitsOf(await opened(t, arch, layer)).exact;
  assert.deepEqual(await Promise.all([exact('dense'), exact('dense', { activation: 'relu2' }), exact('switch'), exact('moe-x'), exact('monet-hd'), exact('crate')]), [false, true, false, true, true, true]);
  const { arch, units, names, study } = unitsOf(await opened(t, 'moe-x', { experts: 4, k: 1, width: 8 }));
  assert.deepEqual([arch, units, unitNameOf(names, 17)], ['moe-x', 32, 'expert 2, neuron 1']);
  assert.ok(study() !== study());
});

test("another family's units are its neurons, and what does not apply is said", async (t) => {
  const model = await opened(t, null);
  const units = unitsOf(model);
  assert.deepEqual([units.arch, units.exact, unitNameOf(units.names, 3), units.study()], [null, false, 'neuron 3', null]);
  assert.equal(model.hookWidth(unitsHook(1)), units.units);
  const says = (notes: readonly string[], words: RegExp): boolean => notes.some((note) => words.test(note));
  const notes = notesOf(model, units, 0.01);
  assert.ok(says(notes, /never exactly 0.*0\.01 of the root mean square/u) && says(notes, /Coding rates.*left out/u) && says(notes, /router agreement.*left out/u));
  const crate = await opened(t, 'crate');
  const own = notesOf(crate, unitsOf(crate), 0.01);
  assert.ok(says(own, /not exactly 0/u) && !says(own, /Coding rates/u));
});
