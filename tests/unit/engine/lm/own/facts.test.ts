import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';
import { lmFacts } from '../../../../../src/engine/lm/own/facts.ts';
import { countParameters } from '../../../../../src/engine/lm/own/parameters.ts';
import { lmFactsSchema } from '../../../../../src/shared/schema/lm.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';
import { writeTinyLlama } from '../../../../support/tiny-llama.ts';

for (const kind of layerKinds) {
  test(`${kind.id}: sizes, parameters by part, and the layer's fields with what they mean`, (t) => {
    const folder = temporaryFolder(t);
    const shape = tinyShape(kind.id);
    writeTinyModel(folder, shape);
    const facts = lmFacts(folder)!;
    assert.ok(lmFactsSchema.safeParse(facts).success);
    const { total, active, ...parts } = countParameters(shape);
    assert.deepEqual([facts.arch, facts.sizes.layers, facts.parameters], [kind.id, 2, { total, active, parts }]);
    assert.deepEqual(facts.layer.map(({ name, value }) => [name, value]), Object.entries(shape.layer as object));
    assert.ok(facts.layer.every(({ description }) => description !== ''));
    assert.equal(facts.units.names[0], kind.unitName(shape.layer, shape.size, 0));
  });
}

test('a model of another family has none', (t) => {
  const folder = temporaryFolder(t);
  writeTinyLlama(folder);
  assert.equal(lmFacts(folder), null);
});
