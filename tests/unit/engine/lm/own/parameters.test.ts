import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';
import { shapeOf } from '../../../../../src/engine/lm/own/config.ts';
import { assemble, countParameters, elementsOf, modelSpecs, startValues } from '../../../../../src/engine/lm/own/parameters.ts';
import { presetConfig } from '../../../../../src/engine/lm/own/presets.ts';
import { tinyShape } from '../../../../support/own-models.ts';

before(() => loadBackend());

test('the dense GPT by formula: 12 d^2 + 13 d a block', () => {
  const [layers, d, vocab, context] = [3, 24, 50, 16];
  const shape = shapeOf({ arch: 'dense', layers, dModel: d, heads: 2, context, vocab, tiedEmbeddings: false, layer: {} });
  // attention 4 d^2 + 4 d, layer 8 d^2 + 5 d, two norms 4 d; a final norm 2 d
  assert.deepEqual(countParameters(shape), {
    embedding: vocab * d, positions: context * d, attention: layers * (4 * d * d + 4 * d), layer: layers * (8 * d * d + 5 * d), norms: (2 * layers + 1) * 2 * d,
    unembedding: vocab * d, total: 2 * vocab * d + context * d + layers * (12 * d * d + 13 * d) + 2 * d, active: 2 * vocab * d + context * d + layers * (12 * d * d + 13 * d) + 2 * d,
  });
});

test("GPT-2 small has its published 124,439,808", () => {
  assert.equal(countParameters(shapeOf(presetConfig('dense', 'paper-small'))).total, 124_439_808);
});

for (const kind of layerKinds) {
  test(`${kind.id}: the count by shapes equals the numbers in the tensors, and no more are active than there are`, () => {
    const shape = tinyShape(kind.id);
    let counted = 0;
    const before = tf.memory().numTensors;
    const tensors = tf.tidy(() => {
      assemble(shape, 2, (spec) => {
        const values = startValues(spec, 3);
        assert.equal(values.length, elementsOf(spec.shape), spec.name);
        const tensor = tf.tensor(values, [...spec.shape]);
        if (spec.trained !== false) counted += tensor.size;
        return tensor;
      });
      return tf.memory().numTensors - before;
    });
    assert.equal(tensors, modelSpecs(shape).length);
    const count = countParameters(shape);
    assert.equal(count.total, counted);
    assert.ok(count.active > 0 && count.active <= count.total, `${count.active} of ${count.total}`);
  });

  test(`${kind.id}: start values depend on the seed and the name alone`, () => {
    const spec = modelSpecs(tinyShape(kind.id)).find(({ decay }) => decay)!;
    assert.deepEqual(startValues(spec, 1), startValues(spec, 1));
    assert.notDeepEqual(startValues(spec, 1), startValues(spec, 2));
  });
}
