/** For every kind of layer, and for families of others: what a unit writes, by hand and against the forward pass. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { layerKinds } from '../../../../src/engine/lm/layers/registry.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { unitNameOf } from '../../../../src/shared/unit-names.ts';
import { tinyShape, writeTinyModel } from '../../../support/own-models.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { writeTinyLlama } from '../../../support/tiny-llama.ts';

before(async () => { await tf.setBackend('cpu'); });

const ids = Int32Array.from([97, 98, 32, 99, 100, 97]);

/** units times rows plus bias against the value at the hook that the units are said to write to. */
function assertWrites(model: LanguageModel, layer: number): void {
  const hook = `blocks.${layer}.mlp.hook_post`;
  const { writes, count } = model.units(hook);
  assert.ok(writes !== null);
  const { cache } = model.run(ids, 1, ids.length, { names: [hook, writes.hook], logits: false });
  const [units, out] = [cache.get(hook)!.dataSync<'float32'>(), cache.get(writes.hook)!.dataSync<'float32'>()];
  const d = model.config.dModel;
  assert.equal(writes.rows.length, count * d);
  for (let row = 0; row < ids.length; row++) {
    for (let i = 0; i < d; i++) {
      let sum = writes.bias[i]!;
      for (let unit = 0; unit < count; unit++) sum += units[row * count + unit]! * writes.rows[unit * d + i]!;
      assert.ok(Math.abs(sum - out[row * d + i]!) < 1e-4 * Math.max(1, Math.abs(sum)), `${model.config.name} row ${row}, ${i}: ${sum} and ${out[row * d + i]}`);
    }
  }
  tf.dispose([...cache.values()]);
}

const layers: readonly (readonly [arch: string, layer: Record<string, unknown>, exact: boolean])[] = [
  ['dense', { activation: 'relu' }, true], ['dense', { activation: 'gelu' }, false], ['dense', { activation: 'swiglu' }, false], ['dense', { activation: 'relu2' }, true],
  ['switch', { experts: 4, k: 1 }, true], ['moe-x', { experts: 4, k: 2 }, true], ['crate', {}, true], ['crate', { overcomplete: 2 }, true],
];

describe('units with a direction', () => {
  for (const [arch, layer, exact] of layers) {
    test(`${arch} ${JSON.stringify(layer)}: units times directions is what the layer writes`, async (t) => {
      const folder = temporaryFolder(t);
      writeTinyModel(folder, tinyShape(arch, layer));
      const model = await loadModel(folder);
      t.after(() => model.dispose());
      const tensors = tf.memory().numTensors;
      const found = model.units('blocks.1.mlp.hook_post');
      assert.equal(tf.memory().numTensors, tensors);
      assert.equal(found.kind.id, arch);
      if (arch !== 'switch') assert.equal(found.exact, exact);
      assert.equal(found.noDirection, null);
      for (const block of [0, 1]) assertWrites(model, block);
    });
  }

  test('a family of others: the columns of its output map', async (t) => {
    const folder = temporaryFolder(t);
    writeTinyLlama(folder);
    const model = await loadModel(folder);
    t.after(() => model.dispose());
    assert.deepEqual([model.units('blocks.0.mlp.hook_post').exact, model.units('blocks.0.mlp.hook_post').count], [false, 24]);
    assertWrites(model, 1);
  });
});

test('an expert of Monet has no direction, and says why', async (t) => {
  for (const arch of ['monet-hd', 'monet-vd']) {
    const folder = temporaryFolder(t);
    writeTinyModel(folder, tinyShape(arch, { experts: 16, width: 2 }));
    const model = await loadModel(folder);
    t.after(() => model.dispose());
    const { writes, noDirection, exact, names, count } = model.units('blocks.0.mlp.hook_post');
    assert.equal(writes, null);
    assert.match(noDirection!, /depends on its input/);
    assert.deepEqual([exact, count, unitNameOf(names, 7)], [true, 16, 'expert (1, 3)']);
  }
});

test('a kind names each unit by its rule', () => {
  for (const kind of layerKinds) {
    const { layer, size } = tinyShape(kind.id);
    for (const unit of [0, 13]) assert.equal(kind.unitName(layer, size, unit), unitNameOf(kind.unitNames(layer, size), unit));
  }
});

test('a hook without units is refused with one that has some, a block that is not there by the number of blocks', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('dense'));
  const model = await loadModel(folder);
  t.after(() => model.dispose());
  for (const [hook, kind, words] of [['blocks.1.hook_resid_post', 'unsupported', /blocks\.1\.mlp\.hook_post/], ['blocks.7.mlp.hook_post', 'not-found', /0 to 1/]] as const) {
    assert.throws(() => model.units(hook), (error: unknown) => error instanceof LoupeError && error.kind === kind && words.test(error.message));
  }
});
