import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { Progress } from '../../../../../src/shared/schema/job.ts';
import type { LanguageModel } from '../../../../../src/engine/lm/definition.ts';
import { codingRates } from '../../../../../src/engine/lm/layers/crate/measures.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { sparsityConfigSchema } from '../../../../../src/engine/lm/sparsity/config.ts';
import { studyLength, studyPlaceSchema, studySparsity, type SparsityResult, type StudyPlace } from '../../../../../src/engine/lm/sparsity/study.ts';
import { unitsHook } from '../../../../../src/engine/lm/sparsity/units.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { fixtureFolder } from '../../../../support/lm-fixtures.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder, type Ending } from '../../../../support/temporary.ts';

async function opened(t: Ending, arch: string, layer: Record<string, unknown> = {}): Promise<LanguageModel> {
  await loadBackend();
  const folder = temporaryFolder(t);
  if (arch !== 'gpt2') writeTinyModel(folder, tinyShape(arch, layer, { vocab: 257 }));
  const model = await loadModel(arch === 'gpt2' ? fixtureFolder('gpt2') : folder);
  t.after(() => model.dispose());
  return model;
}

function idsFor({ config }: LanguageModel, count: number): Int32Array {
  const random = Random.from(5);
  return Int32Array.from({ length: count }, () => random.integer(Math.min(60, config.vocab)));
}

const reports: Progress[] = [];
const context = { signal: new AbortController().signal, progress: (progress: Progress) => { reports.push(progress); } };
const study = (model: LanguageModel, ids: Int32Array, fields: Record<string, unknown> = {}): Promise<SparsityResult> =>
  studySparsity(model, sparsityConfigSchema.parse({ model: 'here', length: 8, topkTokens: 24, noiseTokens: 24, ...fields }), ids, context);

test('counts are those of the units of one pass; curves end at the model as it is; the same seed gives the same numbers', async (t) => {
  const model = await opened(t, 'dense', { activation: 'relu' });
  const ids = idsFor(model, 8 * 8 + 1);
  const before = tf.memory().numTensors;
  const fields = { topk: [0, 2, 64], noise: [0.5], substitution: [0.25], noiseKeep: [4] };
  const { study: found, rates } = await study(model, ids, fields);
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([found.full.tokens, found.length, found.exact], [64, 8, true]);
  const { cache, logits } = model.run(ids.slice(0, 64), 8, 8, { names: [unitsHook(0), unitsHook(1)] });
  logits!.dispose();
  for (const { layer, share, l0, never, density, shareOfLive } of found.layers) {
    const units = cache.get(unitsHook(layer))!.dataSync();
    const fired = Float64Array.from({ length: 64 }, (_, unit) => Array.from({ length: 64 }, (__, token) => Number(units[token * 64 + unit] !== 0)).reduce((a, b) => a + b));
    const total = fired.reduce((a, b) => a + b);
    assert.deepEqual([...rates[layer]!], [...fired].map((count) => count / 64));
    assert.ok(Math.abs(share - total / 4096) < 1e-12);
    assert.ok(Math.abs(l0.mean - total / 64) < 1e-9);
    const dead = [...fired].filter((count) => count === 0).length;
    assert.equal(never.count, dead);
    assert.ok(Math.abs(shareOfLive - total / (64 * (64 - dead))) < 1e-12);
    assert.equal(density.counts.reduce((a, b) => a + b), 64 - dead);
  }
  tf.dispose([...cache.values()]);
  assert.deepEqual(found.reliability.map(({ keep, bins }) => [keep, bins.length, bins.reduce((sum, bin) => sum + bin.count, 0)]), [[null, 15, 64], [4, 15, 24]]);
  assert.equal(found.layers[0]!.perToken.counts.reduce((a, b) => a + b), 64);
  const { topk, noise } = found;
  assert.deepEqual([topk!.reference.tokens, topk!.points.map(({ k }) => k)], [24, [0, 2, 64]]);
  assert.deepEqual(topk!.points[2]!.all, topk!.reference);
  assert.deepEqual(topk!.points[2]!.layers, [topk!.reference, topk!.reference]);
  assert.notEqual(topk!.points[0]!.layers![0]!.loss, topk!.points[0]!.layers![1]!.loss);
  assert.notEqual(topk!.points[0]!.all.loss, topk!.reference.loss);
  assert.deepEqual(noise!.keep, [null, 4]);
  assert.deepEqual(noise!.embedding.map(({ level }) => level), [0, 0.5]);
  // Without noise and cut the model is what it is.
  assert.ok(Math.abs(noise!.embedding[0]!.scores[0]!.loss - topk!.reference.loss) < 1e-6);
  assert.notEqual(noise!.embedding[1]!.scores[0]!.loss, noise!.embedding[0]!.scores[0]!.loss);
  assert.deepEqual((await study(model, ids, fields)).study, found);
  assert.notDeepEqual((await study(model, ids, { ...fields, seed: 1 })).study.noise, found.noise);
  assert.equal(reports.at(-1)!.step, reports.at(-1)!.total);
});

test('a cut to none of a layer is the loss of the model with zeros in their place', async (t) => {
  const model = await opened(t, 'dense', { activation: 'relu' });
  const ids = idsFor(model, 25);
  const { topk } = (await study(model, ids, { topk: [0], noiseTokens: 0 })).study;
  const zero = tf.zeros([64]);
  const logits = model.run(ids.slice(0, 24), 3, 8, { edits: [{ hook: unitsHook(1), kind: 'replace', value: zero }] }).logits!;
  const p = tf.logSoftmax(logits).dataSync();
  const loss = Array.from({ length: 24 }, (_, i) => -p[i * 257 + ids[i + 1]!]!).reduce((a, b) => a + b) / 24;
  tf.dispose([zero, logits]);
  assert.ok(Math.abs(topk!.points[0]!.layers![1]!.loss - loss) < 1e-5);
});

test("CRATE's rates are those of the pure functions at the three places, and its code is counted behind the ReLU", async (t) => {
  const model = await opened(t, 'crate');
  const ids = idsFor(model, 33);
  const { layers } = (await study(model, ids, { topkTokens: 0, noiseTokens: 0 })).study;
  const names = ['pre', 'mid', 'post'].map((place) => `blocks.1.hook_resid_${place}`);
  const { cache } = model.run(ids.slice(0, 32), 4, 8, { names, logits: false });
  const { coding } = layers[1]!;
  for (const [i, place] of (['pre', 'mid', 'post'] as const).entries()) {
    const want = tf.tidy(() => codingRates(tf.reshape(cache.get(names[i]!)!, [32, 16]), model.own!.blocks[1]!['attn.subspaces.weight'] as tf.Tensor2D, { batch: 4, length: 8, heads: 2 }) as never) as { rc: number; r: number };
    assert.ok(Math.abs(coding![place].rc - want.rc) < 1e-4 && Math.abs(coding![place].r - want.r) < 1e-4, place);
  }
  tf.dispose([...cache.values()]);
  assert.equal(coding!.length, 8);
  assert.ok(layers[0]!.share > 0.1 && layers[0]!.share < 0.9 && layers[0]!.routing === undefined);
});

test('models of other families are studied too; what does not apply is left out and said', async (t) => {
  const model = await opened(t, 'gpt2');
  const { study: found } = await study(model, idsFor(model, 33), { topk: [1], eachLayer: false, noise: [], substitution: [0.5] });
  assert.equal(found.exact, false);
  assert.ok(found.layers[0]!.threshold > 0 && found.layers[0]!.share > 0.5 && found.layers[0]!.coding === undefined);
  assert.equal(found.topk!.points[0]!.layers, null);
  assert.deepEqual([found.noise!.embedding.length, found.noise!.substitution.length], [1, 2]);
  assert.ok(found.notes.some((note) => /left out/u.test(note)));
});

test('too few tokens, a length over the context and an abort are refused by name', async (t) => {
  const model = await opened(t, 'dense');
  await assert.rejects(async () => study(model, new Int32Array(1)), { kind: 'bad-request', message: /1 tokens/u });
  assert.throws(() => studyLength(model, new Int32Array(90), 13), { kind: 'bad-request', message: /length is 13.*12 tokens/u });
  assert.deepEqual([studyLength(model, new Int32Array(90), null), studyLength(model, new Int32Array(5), null)], [12, 4]);
  const stopped = sparsityConfigSchema.parse({ model: 'here' });
  await assert.rejects(studySparsity(model, stopped, idsFor(model, 60), { ...context, signal: AbortSignal.abort() }), { kind: 'cancelled' });
});

test('a study that was stopped goes on and ends with the same numbers, bit for bit', async (t) => {
  for (const arch of ['moe-x', 'crate']) {
    const model = await opened(t, arch);
    const ids = idsFor(model, 8 * 9 + 1);
    const config = sparsityConfigSchema.parse({ model: 'here', length: 8, topkTokens: 24, noiseTokens: 24, topk: [2], noise: [0.5], substitution: [], noiseKeep: [4] });
    const whole = await studySparsity(model, config, ids, context);
    const stop = new AbortController();
    const places: StudyPlace[] = [];
    const keep = (place: () => StudyPlace): void => {
      places.push(studyPlaceSchema.parse(JSON.parse(JSON.stringify(place()))));
      if (places.length === 2) stop.abort();
    };
    await assert.rejects(studySparsity(model, config, ids, { ...context, signal: stop.signal }, { kept: null, keep }), { kind: 'cancelled', message: /goes on/u });
    assert.deepEqual(places.map(({ batches }) => batches), [1, 2]);
    const steps: Progress[] = [];
    const resumed = await studySparsity(model, config, ids, { ...context, progress: (step) => { steps.push(step); } }, { kept: places[1]!, keep: () => undefined });
    assert.deepEqual(resumed, whole, arch);
    assert.ok(steps[0]!.step > 1 && steps.at(-1)!.step === steps.at(-1)!.total);
  }
});
