import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { attributeExperts, expertOwners, usedExperts } from '../../../../../src/engine/lm/experts/attribute.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { largestDifference } from '../../../../support/lm-fixtures.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { smallLayers } from '../../../../support/expert-domains.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());
const { signal } = new AbortController();
const sample = (from: number, count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => from + ((i * i) % 7));

for (const arch of ['monet-hd', 'monet-vd', 'moe-x', 'switch']) {
  test(`${arch}: masses are the mean of what the units' hook shows, and places count through all domains`, async (t) => {
    const folder = temporaryFolder(t);
    writeTinyModel(folder, tinyShape(arch, smallLayers[arch]));
    const model = await loadModel(folder);
    const domains = [sample(97, 60), sample(48, 31)];
    // What a model keeps of its own for later passes is made by the first.
    await attributeExperts(model, domains, { signal, uses: 0 });
    const tensors = tf.memory().numTensors;
    const { masses, loads, tokens, uses, experts } = await attributeExperts(model, domains, { signal, uses: 3 });
    // contexts of 12 tokens: 60 and 24 of 31
    assert.deepEqual(tokens, [60, 24]);
    assert.equal(tf.memory().numTensors, tensors);
    const { cache } = model.run(domains[0]!.slice(0, 60), 5, 12, { names: arch.startsWith('monet') ? ['blocks.1.mlp.hook_post'] : ['blocks.1.mlp.hook_gates'], logits: false });
    const [value] = [...cache.values()];
    const expected = tf.tidy(() => tf.mean(tf.reshape(value!, [60, experts]), 0).dataSync()) as Float32Array;
    assert.ok(largestDifference(Float32Array.from(masses[1]![0]!), expected) < 1e-5);
    const used = tf.tidy(() => tf.mean(tf.cast(tf.greater(tf.reshape(value!, [60, experts]), 0), 'float32'), 0).dataSync()) as Float32Array;
    assert.ok(largestDifference(Float32Array.from(loads[1]![0]!), used) < 1e-6);
    assert.ok(uses.places.every((place) => place >= -1 && place < 84));
    assert.ok(uses.places.some((place) => place >= 60), 'the second domain has places, too');
    tf.dispose([...cache.values()]);
    model.dispose();
  });
}

test('owners go by the rule, layer by layer; used experts are those of any domain', () => {
  const masses = [[Float64Array.of(4, 0, 1), Float64Array.of(1, 0, 1)]];
  assert.deepEqual(expertOwners({ masses }, { factor: 2, floor: 1e-7 }).map((owners) => [...owners]), [[0, -1, -1]]);
  assert.deepEqual([...usedExperts(masses[0]!, 0)], [0, 2]);
});

test('an abort ends it, and a model without experts is refused', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('dense'));
  const model = await loadModel(folder);
  await assert.rejects(attributeExperts(model, [sample(1, 12)], { signal, uses: 0 }), { kind: 'unsupported' });
  model.dispose();
  const other = temporaryFolder(t);
  writeTinyModel(other, tinyShape('moe-x'));
  const moe = await loadModel(other);
  await assert.rejects(attributeExperts(moe, [sample(1, 12)], { signal: AbortSignal.abort(), uses: 0 }), { kind: 'cancelled' });
  moe.dispose();
});
