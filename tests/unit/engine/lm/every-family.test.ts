/** What the rest of Loupe does with a model, for every family: harvest, steer, ablate, edit at any hook, with the fused kernels and without. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { forward, stack } from '../../../../src/engine/harvest/forward.ts';
import { corpusStart } from '../../../../src/engine/harvest/pack.ts';
import type { HookEdit, LanguageModel, RunOptions } from '../../../../src/engine/lm/definition.ts';
import { layerKinds } from '../../../../src/engine/lm/layers/registry.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { shapeOf } from '../../../../src/engine/lm/own/config.ts';
import { Random } from '../../../../src/engine/random.ts';
import { fixtureFolder, fixtureModels, largestDifference } from '../../../support/lm-fixtures.ts';
import { writeTinyModel } from '../../../support/own-models.ts';

before(() => loadBackend());

const [batch, length, vocab, d] = [2, 9, 67, 24];
const tokens = Int32Array.from({ length: batch * length }, (_, i) => (i * 29 + 5) % vocab);
const direction = Random.from(5).normals(d);

/** The value times numbers that differ along its last axis (a factor that is the same for all would be normed away). */
function bent(value: tf.Tensor): tf.Tensor {
  const width = value.shape.at(-1)!;
  return tf.mul(value, tf.tensor1d(Float32Array.from({ length: width }, (_, i) => 1 + 0.2 * Math.sin(i + 1))));
}

const folder = mkdtempSync(join(tmpdir(), 'loupe-families-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A model that Loupe trains, with this kind of layer, in the sizes of the others. */
function ownFolder(arch: string): string {
  const path = join(folder, arch);
  writeTinyModel(path, shapeOf({ arch, layers: 2, dModel: d, heads: 2, context: 16, vocab, tiedEmbeddings: false, layer: {} }));
  return path;
}

const models: readonly (readonly [name: string, folder: () => string])[] = [
  ...fixtureModels.map((name) => [name, () => fixtureFolder(name)] as const), ...layerKinds.map(({ id }) => [`Loupe's own ${id}`, () => ownFolder(id)] as const),
];

for (const [name, place] of models) {
  describe(name, () => {
    let model: LanguageModel;
    let plain: Float32Array;
    const logits = (options: RunOptions = {}, ids = tokens, rows = batch): Float32Array => {
      const result = model.run(ids, rows, ids.length / rows, options);
      const values = result.logits!.dataSync<'float32'>();
      tf.dispose([result.logits!, ...result.cache.values()]);
      return values;
    };
    before(async () => {
      model = await loadModel(place());
      plain = logits();
    });
    after(() => model.dispose());

    test('an addition to the residual stream moves the logits, alike in fused kernels, hook by hook, and in the ops that gradients go through', () => {
      const value = tf.tensor1d(direction);
      for (const layer of [0, 1]) {
        const edits: HookEdit[] = [{ hook: `blocks.${layer}.hook_resid_post`, kind: 'add', value }];
        const steered = logits({ edits });
        assert.ok(largestDifference(steered, plain) > 0.1);
        assert.ok(largestDifference(logits({ edits, names: model.hookNames }), steered) <= 1e-4);
        assert.ok(largestDifference(logits({ edits, differentiable: true }), steered) <= 1e-4);
      }
      value.dispose();
    });

    test('fused and stock agree on texts short enough for any window, and on documents packed together', () => {
      const short = tokens.subarray(0, 8);
      assert.ok(largestDifference(logits({}, short), logits({ differentiable: true }, short)) <= 1e-4);
      const documents = Int32Array.from(tokens, (_, i) => Math.floor(i / 4));
      const packed = logits({ documents });
      assert.ok(largestDifference(packed, logits({ documents, differentiable: true })) <= 1e-4);
      assert.ok(largestDifference(packed, plain) > 1e-3);
    });

    test('an edit at any hook moves the logits, and an edit that changes nothing leaves them', () => {
      for (const hook of model.hookNames) {
        assert.ok(largestDifference(logits({ edits: [{ hook, kind: 'map', map: (value) => value }] }), plain) <= 1e-4, hook);
        const moved = largestDifference(logits({ edits: [{ hook, kind: 'map', map: bent }] }), plain);
        assert.ok(moved > 1e-4, `${hook}: ${moved}`);
      }
    });

    test('a steered text read token by token predicts what the steered whole does', () => {
      const value = tf.tensor1d(direction);
      const edits: HookEdit[] = [{ hook: 'blocks.0.hook_resid_post', kind: 'add', value }];
      const text = tokens.slice(0, length);
      const whole = logits({ edits }, text, 1);
      const reading = model.continuation();
      text.forEach((id, t) => assert.ok(largestDifference(reading.append(Int32Array.of(id), edits), whole.subarray(t * vocab, (t + 1) * vocab)) <= 1e-4));
      reading.dispose();
      value.dispose();
    });

    test('taking a direction away at a hook is a replacement: the residual stream without it, spliced in or edited, gives the same', () => {
      const unit = tf.tensor2d(direction.map((x) => x / Math.hypot(...direction)), [d, 1]);
      const without = (x: tf.Tensor): tf.Tensor => tf.tidy(() => tf.sub(x, tf.reshape(tf.matMul(tf.matMul(tf.reshape(x, [-1, d]), unit), unit, false, true), x.shape)));
      const edited = logits({ edits: [{ hook: 'blocks.0.hook_resid_post', kind: 'map', map: without }] });
      const { cache } = model.run(tokens, batch, length, { names: ['blocks.0.hook_resid_post'], logits: false });
      const residual = without(cache.get('blocks.0.hook_resid_post')!);
      assert.ok(largestDifference(logits({ start: { layer: 1, residual } }), edited) <= 1e-4);
      assert.ok(largestDifference(edited, plain) > 1e-2);
      tf.dispose([unit, residual, ...cache.values()]);
    });

    test('a harvest takes the activations of every context, each document as if alone', () => {
      const contexts = [0, 1].map((row) => ({ tokens: tokens.slice(row * length, (row + 1) * length), documents: Int32Array.from({ length }, (_, t) => row * 2 + Number(t > 4)), after: corpusStart }));
      const hooks = ['blocks.1.hook_resid_post', 'blocks.1.mlp.hook_post', 'blocks.0.attn.hook_z'].map((hook) => ({ name: hook, d: model.hookWidth(hook) }));
      const { activations } = forward(model, hooks, stack(contexts, length), 0, { contextLength: length, isolate: true, dtype: 'float32' });
      // The first document of the second context, by itself.
      const { cache } = model.run(tokens.slice(length, length + 5), 1, 5, { names: hooks.map((hook) => hook.name), logits: false });
      for (const { name: hook, d: width } of hooks) {
        const own = activations.get(hook)!;
        assert.equal(own.length, tokens.length * width);
        assert.ok(largestDifference(own.slice(length * width, (length + 5) * width), cache.get(hook)!.dataSync()) <= 1e-4, hook);
      }
      tf.dispose([...cache.values()]);
    });
  });
}
