import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerHooks, ownConfigSchema, shapeOf } from '../../../../../src/engine/lm/own/config.ts';
import { preNorm } from '../../../../../src/engine/lm/layers/pre-norm.ts';

const base = { arch: 'dense', layers: 1, dModel: 8, heads: 2, context: 4, vocab: 9, tiedEmbeddings: true, layer: {} };

test('the layer gets its defaults, and a kind without a form of its own is a pre-norm block', () => {
  const shape = shapeOf(base);
  assert.equal((shape.layer as { activation: string }).activation, 'gelu');
  assert.equal(shape.form, preNorm);
  assert.deepEqual(shape.size, { layers: 1, dModel: 8, heads: 2, context: 4, vocab: 9 });
});

test('a width that the heads do not divide is refused with one that they do', () => {
  assert.throws(() => shapeOf({ ...base, dModel: 10, heads: 4 }), { kind: 'bad-config', message: /dModel is 10 and heads is 4.*like 12/u });
});

test('wrong fields of the layer are named, with the nearest that there is', () => {
  assert.throws(() => shapeOf({ ...base, layer: { activaton: 'relu' } }), { kind: 'bad-config', message: /activaton: unknown field, did you mean activation\?/u });
  assert.throws(() => shapeOf({ ...base, layer: { activation: 'tanh' } }), { kind: 'bad-config', message: /activation/u });
  assert.throws(() => shapeOf({ ...base, arch: 'denser' }), { kind: 'bad-request', message: /did you mean dense\?/u });
  assert.equal(ownConfigSchema.safeParse({ ...base, depth: 3 }).success, false);
});

test('the hooks of a layer end with its units', () => {
  assert.deepEqual(layerHooks(shapeOf(base)), [['mlp.hook_pre', 32], ['mlp.hook_post', 32]]);
  assert.deepEqual(layerHooks(shapeOf({ ...base, layer: { activation: 'swiglu', hidden: 5 } })).map(([name]) => name), ['mlp.hook_pre', 'mlp.hook_pre_linear', 'mlp.hook_post']);
});
