import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { routePrompt } from '../../../../src/engine/live/route.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { smallLayers } from '../../../support/expert-domains.ts';
import { tinyShape, writeTinyModel } from '../../../support/own-models.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

before(() => loadBackend());
const prompt = { text: 'a cat', chat: false, lead: 'none' as const };

test('moe-x: k experts a token, the strongest first, as the gates say, and the loss with and without some', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('moe-x', smallLayers['moe-x']));
  const model = await loadModel(folder);
  // What a model keeps of its own for later passes is made by the first.
  routePrompt(model, { prompt, top: 3, off: [] });
  const tensors = tf.memory().numTensors;
  const routed = routePrompt(model, { prompt, top: 3, off: [0, 1].map((layer) => ({ layer, experts: Buffer.from([0b1111111]).toString('base64') })) });
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual([routed.experts, routed.indices.shape, routed.used.shape], [8, [2, 5, 3], [2, 5]]);
  assert.ok(routed.used.data.every((used) => used === 2));
  const ids = Int32Array.from(routed.tokens.ids.data);
  const { logits, cache } = model.run(ids, 1, 5, { names: ['blocks.1.mlp.hook_gates'] });
  const gates = cache.get('blocks.1.mlp.hook_gates')!.dataSync() as Float32Array;
  for (let token = 0; token < 5; token++) {
    const row = [...gates.subarray(token * 8, token * 8 + 8)];
    const best = [...row.keys()].sort((a, b) => row[b]! - row[a]!).slice(0, 2);
    const at = (5 + token) * 3;
    assert.deepEqual([...routed.indices.data.subarray(at, at + 2)], best);
    assert.deepEqual([...routed.weights.data.subarray(at, at + 3)], [row[best[0]!], row[best[1]!], 0]);
  }
  const logP = tf.tidy(() => tf.logSoftmax(tf.reshape(logits!, [5, -1])).dataSync()) as Float32Array;
  assert.ok(Number.isNaN(routed.loss.data[0]!));
  for (let token = 1; token < 5; token++) assert.ok(Math.abs(routed.loss.data[token]! + logP[(token - 1) * 257 + ids[token]!]!) < 1e-4);
  assert.ok(routed.loss.data.some((loss, i) => i > 0 && Math.abs(loss - routed.lossWithout.data[i]!) > 1e-4));
  tf.dispose([logits!, ...cache.values()]);
  model.dispose();
});

test('monet: pairs of a token; without a question about experts there is no second loss', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('monet-vd', smallLayers['monet-vd']));
  const model = await loadModel(folder);
  const routed = routePrompt(model, { prompt, top: 4, off: [] });
  assert.ok(routed.used.data.every((used) => used > 0));
  assert.ok(routed.weights.data.every((weight, i) => i % 4 === 0 || weight <= routed.weights.data[i - 1]!));
  assert.ok(routed.lossWithout.data.every((loss) => Number.isNaN(loss)));
  assert.throws(() => routePrompt(model, { prompt, top: 1, off: [{ layer: 7, experts: Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]).toString('base64') }] }), { kind: 'mismatch' });
  model.dispose();
});

test('a model without experts is refused', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('dense'));
  const model = await loadModel(folder);
  assert.throws(() => routePrompt(model, { prompt, top: 1, off: [] }), { kind: 'unsupported' });
  model.dispose();
});
