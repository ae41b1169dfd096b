import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { HookEdit, LanguageModel } from '../../../../../src/engine/lm/definition.ts';
import { ExpertSet } from '../../../../../src/engine/lm/experts/expert-set.ts';
import { ExpertsOff, expertsOf } from '../../../../../src/engine/lm/experts/experts-off.ts';
import { layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { largestDifference } from '../../../../support/lm-fixtures.ts';
import { periodicContexts, tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());
const { tokens, batch, length } = periodicContexts(1, 2, 8);
const withExperts = layerKinds.filter(({ experts }) => experts !== undefined);
/** Monet: 16 experts; MoE: 8. Every second one goes in block 0, one in block 1. */
const fieldsOf = (id: string): Record<string, unknown> => (id.startsWith('monet') ? { experts: 16, width: 4, heads: 2, active: 2 } : {});

async function tinyModel(t: Parameters<typeof temporaryFolder>[0], id: string): Promise<LanguageModel> {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape(id, fieldsOf(id)));
  return loadModel(folder);
}

function someOff(experts: number): ExpertsOff {
  return new ExpertsOff(new Map([[0, ExpertSet.of(experts, Array.from({ length: experts / 2 }, (_, i) => 2 * i))], [1, ExpertSet.of(experts, [1])]]));
}

/** The units of the experts in `off` set to zero at their hook: what switching them off means. */
function zeroed(model: LanguageModel, off: ExpertsOff): HookEdit[] {
  const { form, shape } = expertsOf(model.config);
  return [...off.layers].map(([layer, set]) => {
    const keep = new Float32Array(model.config.dMlp).fill(1);
    for (const expert of set) {
      const [first, count] = form.units(shape.layer, shape.size, expert);
      keep.fill(0, first, first + count);
    }
    return { hook: `blocks.${layer}.mlp.hook_post`, kind: 'map', map: (value) => tf.mul(value, tf.tensor1d(keep)) };
  });
}

function logitsOf(model: LanguageModel, options: Parameters<LanguageModel['run']>[3]): Float32Array {
  const { logits } = model.run(tokens, batch, length, options);
  const values = logits!.dataSync() as Float32Array;
  logits!.dispose();
  return values;
}

for (const { id } of withExperts) {
  test(`${id}: an expert that is off is one whose units are zero, in the fast form and through the hook`, async (t) => {
    const model = await tinyModel(t, id);
    const off = someOff(expertsOf(model.config).experts);
    // What a model keeps of its own for later passes is made by the first.
    logitsOf(model, {});
    const before = tf.memory().numTensors;
    const [whole, purged] = [logitsOf(model, {}), logitsOf(model, { off })];
    assert.ok(largestDifference(whole, purged) > 1e-3, 'the purge changes the logits');
    assert.ok(largestDifference(purged, logitsOf(model, { edits: zeroed(model, off) })) < 1e-4);
    const { logits, cache } = model.run(tokens, batch, length, { off, names: ['blocks.0.mlp.hook_post'] });
    assert.ok(largestDifference(purged, logits!.dataSync() as Float32Array) < 1e-4);
    const units = cache.get('blocks.0.mlp.hook_post')!.dataSync() as Float32Array;
    const { form, shape } = expertsOf(model.config);
    const [first, count] = form.units(shape.layer, shape.size, 0);
    for (let row = 0; row < batch * length; row++) assert.ok(units.subarray(row * model.config.dMlp + first, row * model.config.dMlp + first + count).every((unit) => unit === 0));
    tf.dispose([logits!, ...cache.values()]);
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });

  test(`${id}: generation and a pass that begins in between leave the same experts out`, async (t) => {
    const model = await tinyModel(t, id);
    const off = someOff(expertsOf(model.config).experts);
    const row = tokens.slice(0, length);
    const { logits, cache } = model.run(row, 1, length, { off, names: ['blocks.1.hook_resid_pre'] });
    const last = (logits!.dataSync() as Float32Array).slice((length - 1) * 257);
    const text = model.continuation(1, off);
    text.append(row.slice(0, 3));
    assert.ok(largestDifference(text.append(row.slice(3)), last) < 1e-4);
    text.dispose();
    const begun = model.run(row, 1, length, { off, start: { layer: 1, residual: cache.get('blocks.1.hook_resid_pre')! } });
    assert.ok(largestDifference((begun.logits!.dataSync() as Float32Array).slice((length - 1) * 257), last) < 1e-4);
    const best = last.indexOf(Math.max(...last));
    assert.deepEqual([...model.generate(row, { maxNewTokens: 1, off })], [best]);
    tf.dispose([logits!, begun.logits!, ...cache.values()]);
    model.dispose();
  });

  test(`${id}: mass and uses say the same, and with the experts off they have none`, async (t) => {
    const model = await tinyModel(t, id);
    const { form, shape, experts } = expertsOf(model.config);
    const names = form.hooks.map((name) => `blocks.0.${name}`);
    const { cache } = model.run(tokens, batch, length, { names, logits: false });
    const values = names.map((name) => tf.reshape(cache.get(name)!, [batch * length, -1]) as tf.Tensor2D);
    const mass = form.mass(shape.layer, values).dataSync();
    const summed = new Float32Array(experts);
    for (const { experts: used, weights } of form.uses(shape.layer, values.map((value) => value.dataSync() as Float32Array), batch * length)) used.forEach((expert, i) => (summed[expert]! += weights[i]!));
    assert.ok(largestDifference(mass as Float32Array, summed) < 1e-4);
    assert.ok(summed.some((weight) => weight > 0));
    model.dispose();
  });
}

test('a purge of all, of another model and of a model without experts is refused', async (t) => {
  assert.throws(() => new ExpertsOff(new Map([[1, ExpertSet.of(4, [0, 1, 2, 3])]])), { kind: 'bad-request', message: /all 4 experts of layer 1: leave at least one/ });
  const model = await tinyModel(t, 'moe-x');
  const of = (layer: number, experts: number): ExpertsOff => new ExpertsOff(new Map([[layer, ExpertSet.of(experts, [0])]]));
  assert.throws(() => logitsOf(model, { off: of(2, 8) }), { kind: 'mismatch', message: /layer 2/ });
  assert.throws(() => logitsOf(model, { off: of(0, 16) }), { kind: 'mismatch', message: /16 experts a layer/ });
  assert.throws(() => model.continuation(1, of(0, 9)), { kind: 'mismatch' });
  assert.throws(() => model.generate(Int32Array.of(1), { maxNewTokens: 1, off: of(0, 9) }), { kind: 'mismatch' });
  model.dispose();
  const dense = await tinyModel(t, 'dense');
  assert.throws(() => logitsOf(dense, { off: of(0, 8) }), { kind: 'unsupported', message: /no experts/ });
  dense.dispose();
});

test('an empty set is as if nothing was said', () => {
  const off = new ExpertsOff(new Map([[0, new ExpertSet(4)], [2, ExpertSet.of(4, [3])]]));
  assert.deepEqual([[...off.layers.keys()], off.size, off.keep(0)], [[2], 1, null]);
  assert.deepEqual([...off.keep(2)!], [1, 1, 1, 0]);
});
