import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { encodePrompt, strongestLatents, valuesAt } from '../../../../src/engine/live/encode.ts';
import { denseLatents } from '../../../../src/engine/sae/inference.ts';
import { assertClose } from '../../../support/closeness.ts';
import { liveFeatures, liveHook, loadedSetting, typed, type LoadedSetting } from '../../../support/live.ts';

const endings: (() => void)[] = [];
let live: LoadedSetting;
before(async () => {
  await loadBackend();
  live = await loadedSetting({ after: (end) => endings.push(end) });
});
after(() => endings.reverse().forEach((end) => end()));

const ask: Parameters<typeof encodePrompt>[2] = { prompt: typed('A cat sat.'), top: 5, rows: [], predictions: true };

test('the latents of each token are those of the dictionary on the hook of a plain pass', () => {
  const tensors = tf.memory().numTensors;
  const { tokens, dictionaries: [found], rows, counted } = encodePrompt(live.loaded, [live.place], { ...ask, top: liveFeatures, rows: [{ dictionary: 0, feature: 7 }] });
  assert.equal(tf.memory().numTensors, tensors);
  const ids = Int32Array.from([256, ...[...'A cat sat.'].map((c) => c.charCodeAt(0))]);
  assert.equal(tokens.ids.data.length, 11);
  assert.equal(tokens.lead, 1);
  assert.match(tokens.how, /<s>, the BOS token/u);
  assert.deepEqual(tokens.special, [0]);
  assert.deepEqual([...counted.data], [0, ...new Array<number>(10).fill(1)]);
  const { cache } = live.loaded.run(Int32Array.from(tokens.ids.data), 1, ids.length, { names: [liveHook], logits: false });
  const x = cache.get(liveHook)!.dataSync<'float32'>();
  tf.dispose([...cache.values()]);
  const dense = denseLatents(live.place.dictionary.encode(x, ids.length), liveFeatures);
  const back = new Float32Array(dense.length);
  found!.indices.data.forEach((latent, slot) => { if (found!.values.data[slot] !== 0) back[Math.floor(slot / liveFeatures) * liveFeatures + latent] = found!.values.data[slot]!; });
  assertClose(back, dense, 1e-6, 'latents');
  assertClose(rows.data, Float32Array.from({ length: 11 }, (_, row) => dense[row * liveFeatures + 7]!), 1e-6, 'row of feature 7');
  assert.deepEqual([...found!.counts.data], Array.from({ length: 11 }, (_, row) => dense.slice(row * liveFeatures, (row + 1) * liveFeatures).filter((v) => v !== 0).length));
});

test('the probability of a token is the softmax of the logits before it; without predictions there is none', () => {
  const { probability, tokens } = encodePrompt(live.loaded, [], ask);
  const { logits } = live.loaded.run(Int32Array.from(tokens.ids.data), 1, tokens.ids.data.length);
  const p = tf.softmax(logits!).dataSync<'float32'>();
  logits!.dispose();
  assert.ok(Number.isNaN(probability.data[0]));
  // without a dictionary nothing is known of its training: the tokenizer's own rule puts EOS or nothing before
  for (let t = 1; t < tokens.ids.data.length; t++) assert.ok(Math.abs(probability.data[t]! - p[(t - 1) * 258 + tokens.ids.data[t]!]!) < 1e-6);
  assert.ok([...encodePrompt(live.loaded, [live.place], { ...ask, predictions: false }).probability.data].every(Number.isNaN));
});

test('two dictionaries are answered in one pass, each at its own hooks', () => {
  const { dictionaries } = encodePrompt(live.loaded, [live.place, live.through], ask);
  assert.deepEqual(dictionaries.map(({ path }) => path), [live.dictionary, live.transcoder]);
  assert.notDeepEqual(dictionaries[0]!.values.data, dictionaries[1]!.values.data);
});

test('the strongest come first by magnitude; equal ones by number; slots without a latent are 0', () => {
  // rows: latents 4 and 2 equal in size, 9 stronger and negative; one latent; none
  const codes = { rows: 3, width: 3, indices: Int32Array.of(4, 2, 9, 5, 0, 0, 0, 0, 0), values: Float32Array.of(1, 1, -3, 2, 0, 0, 0, 0, 0) };
  const { indices, values, counts } = strongestLatents(codes, 2);
  assert.deepEqual([...indices], [9, 2, 5, 0, 0, 0]);
  assert.deepEqual([...values], [-3, 1, 2, 0, 0, 0]);
  assert.deepEqual([...counts], [3, 1, 0]);
});

test('a feature or a dictionary that is not there is refused by its number', () => {
  assert.throws(() => encodePrompt(live.loaded, [live.place], { ...ask, rows: [{ dictionary: 0, feature: 40 }] }), { kind: 'not-found', message: /feature 40.*has 40/u });
  assert.throws(() => encodePrompt(live.loaded, [live.place], { ...ask, rows: [{ dictionary: 1, feature: 0 }] }), { kind: 'bad-request', message: /dictionary 1/u });
});

test('values that are not finite are refused with their hook', () => {
  const broken = { ...live.loaded, run: () => ({ logits: null, cache: new Map([[liveHook, tf.tensor([Number.NaN], [1, 1, 1])]]) }) } as unknown as typeof live.loaded;
  assert.throws(() => valuesAt(broken, Int32Array.of(1), [liveHook], false), { kind: 'not-finite', message: /blocks\.0\.hook_resid_post/u });
});
