import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../src/engine/backend/load.ts';
import { openSafetensors, writeSafetensors } from '../../src/engine/formats/safetensors.ts';
import { loadModel } from '../../src/engine/lm/load.ts';
import { shapeOf } from '../../src/engine/lm/own/config.ts';
import { writeOwnModel } from '../../src/engine/lm/own/files.ts';
import { modelSpecs, startValues } from '../../src/engine/lm/own/parameters.ts';
import { byteTokenizerJson } from '../../src/engine/lm/training/byte-tokenizer.ts';
import type { TokenContexts } from '../../src/engine/lm/training/token-files.ts';
import { LmTrainer } from '../../src/engine/lm/training/trainer.ts';
import { Random } from '../../src/engine/random.ts';
import { cosineRate } from '../../src/engine/train/schedule.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { runPython } from './python.ts';

before(() => loadBackend());

const [steps, batch, length] = [20, 4, 16];

function largest(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/**
 * Without the bias of keys: adding a vector to every key shifts a query's scores alike, which softmax does not see. Its gradient is 0 but for
 * rounding, and Adam divides rounding by its own size.
 */
function meaningful(name: string, values: Float32Array): Float32Array {
  return name.endsWith('attn.qkv.bias') ? Float32Array.of(...values.slice(0, 32), ...values.slice(64)) : values;
}

function batches(seed: number): TokenContexts[] {
  const random = Random.from(seed, 'batches');
  return Array.from({ length: steps }, () => {
    const draw = (): Int32Array => Int32Array.from({ length: batch * length }, () => random.integer(257));
    return { tokens: draw(), targets: draw(), batch, length };
  });
}

const cases = [['gelu', true], ['relu', false], ['relu2', true], ['swiglu', false]] as const;
for (const [activation, tiedEmbeddings] of cases) {
  test(`dense ${activation}${tiedEmbeddings ? ', tied' : ''}: logits and losses within 1e-4 of PyTorch, gradients within 1e-3, weights after 20 AdamW steps within 1e-4`, async (context) => {
    const folder = temporaryFolder(context);
    const shape = shapeOf({ arch: 'dense', layers: 2, dModel: 32, heads: 4, context: length, vocab: 257, tiedEmbeddings, layer: { activation } });
    // Ten times the usual start, so that attention and the activations are far from their linear range.
    const start = new Map(modelSpecs(shape).map((spec) => [spec.name, spec.decay ? startValues(spec, 5).map((value) => 10 * value) : startValues(spec, 5)]));
    writeOwnModel(folder, { shape, dtype: 'F32', tokenizer: byteTokenizerJson(), eosTokenId: 256, eosToken: '<|endoftext|>', values: (name) => start.get(name)! });
    const data = batches(3);
    const stacked = (field: 'tokens' | 'targets'): Int32Array => Int32Array.from(data.flatMap((contexts) => [...contexts[field]]));
    writeSafetensors(join(folder, 'data.safetensors'), {
      tokens: { dtype: 'I32', shape: [steps, batch, length], data: stacked('tokens') }, targets: { dtype: 'I32', shape: [steps, batch, length], data: stacked('targets') },
    });
    const schedule = { lr: 3e-3, minimum: 0.1, steps, warmupSteps: 3 };
    const lrs = Array.from({ length: steps }, (_, step) => cosineRate(schedule, step));
    const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1, seed: 0 };
    writeFileSync(join(folder, 'run.json'), JSON.stringify({ lrs, betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0.1, clip: 1 }));
    await runPython('lm_training_reference.py', folder);
    const reference = openSafetensors(join(folder, 'reference.safetensors'));
    context.after(() => reference.close());

    const model = await loadModel(folder);
    const { logits } = model.run(data[0]!.tokens, batch, length);
    const figures = { logits: largest(logits!.dataSync() as Float32Array, reference.readFloat32('logits')), gradient: 0, loss: 0, weight: 0 };
    assert.ok(figures.logits < 1e-4);
    logits!.dispose();
    model.dispose();

    const trainer = new LmTrainer(shape, settings, ({ name }) => start.get(name)!);
    context.after(() => trainer.dispose());
    // A step of rate 0 leaves the weights alone, and its first moment, (1 - beta1) g, tells the gradient; accumulated over two halves.
    const probe = new LmTrainer(shape, { ...settings, clip: null }, ({ name }) => start.get(name)!);
    const half = (first: number): TokenContexts => ({ tokens: data[0]!.tokens.slice(first, first + 32), targets: data[0]!.targets.slice(first, first + 32), batch: 2, length });
    probe.step([half(0), half(32)], 0, 0);
    const moments = probe.state();
    for (const { name } of modelSpecs(shape)) {
      const expected = reference.readFloat32(`grad/${name}`);
      const scale = Math.max(1e-3, ...expected.map(Math.abs));
      const gradient = (moments[`${name}.m`]!.dataSync() as Float32Array).map((value) => value / 0.1);
      figures.gradient = Math.max(figures.gradient, largest(gradient, expected) / scale);
      assert.ok(largest(gradient, expected) < 1e-3 * scale, `gradient of ${name}: ${largest(gradient, expected)} of ${scale}`);
    }
    tf.dispose(moments);
    probe.dispose();

    const losses = reference.readFloat32('loss');
    data.forEach((contexts, step) => {
      const { loss } = trainer.step([contexts], lrs[step]!, step);
      figures.loss = Math.max(figures.loss, Math.abs(loss - losses[step]!));
      assert.ok(Math.abs(loss - losses[step]!) < 1e-4, `loss of step ${step}: ${loss}, ${losses[step]}`);
    });
    for (const { name } of modelSpecs(shape)) {
      const [ours, theirs] = [meaningful(name, trainer.values(name)), meaningful(name, reference.readFloat32(`after/${name}`))];
      assert.ok(largest(ours, meaningful(name, start.get(name)!)) > 1e-3, `${name} moved`);
      figures.weight = Math.max(figures.weight, largest(ours, theirs));
      assert.ok(largest(ours, theirs) < 1e-4, `${name}: ${largest(ours, theirs)}`);
    }
    context.diagnostic(`largest differences: ${Object.entries(figures).map(([name, value]) => `${name} ${value.toExponential(1)}`).join(', ')}`);
  });
}
