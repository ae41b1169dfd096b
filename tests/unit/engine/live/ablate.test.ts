import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { ablateLatent } from '../../../../src/engine/live/ablate.ts';
import type { LivePlace } from '../../../../src/engine/live/place.ts';
import { LoadedDictionary } from '../../../../src/engine/sae/inference.ts';
import { vector } from '../../../../src/shared/schema/tensor.ts';
import { assertClose } from '../../../support/closeness.ts';
import { liveHook, liveTarget, liveWeights, liveWidth, loadedSetting, placeOf, type LoadedSetting } from '../../../support/live.ts';

const endings: (() => void)[] = [];
let live: LoadedSetting;
before(async () => {
  await loadBackend();
  live = await loadedSetting({ after: (end) => endings.push(end) });
});
after(() => endings.reverse().forEach((end) => end()));

const tokens = Int32Array.from([256, ...Buffer.from('A cat sat on it.')]);
const n = tokens.length;

/** -log p of each token given those before it, in whole passes with `edit` in place. */
function losses(edit?: (value: tf.Tensor) => tf.Tensor, hook = liveHook): number[] {
  const { logits } = live.loaded.run(tokens, 1, n, edit === undefined ? {} : { edits: [{ hook, kind: 'map', map: edit }] });
  const values = logits!.dataSync<'float32'>();
  logits!.dispose();
  return Array.from({ length: n - 1 }, (_, t) => {
    const own = values.subarray(t * 258, (t + 1) * 258);
    return Math.log(own.reduce((sum, logit) => sum + Math.exp(logit), 0)) - own[tokens[t + 1]!]!;
  });
}

/** A feature that fires on several counted tokens, and its activations on all of them. */
function firing(place: LivePlace): { feature: number; activations: Float32Array } {
  const { cache } = live.loaded.run(tokens, 1, n, { names: [liveHook], logits: false });
  const x = cache.get(liveHook)!.dataSync<'float32'>();
  tf.dispose([...cache.values()]);
  const codes = place.dictionary.encode(x, n);
  for (let feature = 0; feature < 40; feature++) {
    const activations = new Float32Array(n);
    codes.indices.forEach((latent, slot) => { if (latent === feature && codes.values[slot] !== 0) activations[Math.floor(slot / codes.width)] = codes.values[slot]!; });
    if (activations.slice(1).filter((value) => value > 0).length > 3) return { feature, activations };
  }
  throw new Error('no feature fires');
}

/** By hand: f_j d_j is taken away at the counted positions, in a map over a whole pass. */
function byHand(place: LivePlace, feature: number, activations: Float32Array, hook: string): number[] {
  const direction = place.dictionary.wDec.slice(feature * liveWidth, (feature + 1) * liveWidth);
  const taken = Float32Array.from({ length: n * liveWidth }, (_, i) => (i < liveWidth ? 0 : activations[Math.floor(i / liveWidth)]! * direction[i % liveWidth]!));
  return losses((value) => tf.sub(value, tf.tensor(taken, value.shape)), hook);
}

for (const [what, hook, of] of [['a dictionary', liveHook, 'place'], ['a transcoder, at the hook that it predicts', liveTarget, 'through']] as const) {
  test(`the ablation of a latent of ${what} costs what a whole pass with f_j d_j taken away costs`, () => {
    const place = live[of];
    const { feature, activations } = firing(place);
    const tensors = tf.memory().numTensors;
    const found = ablateLatent(live.loaded, place, feature, { tokens: vector(tokens), documents: null });
    assert.equal(tf.memory().numTensors, tensors);
    assert.equal(found.hook, hook);
    const [whole, ablated] = [losses(), byHand(place, feature, activations, hook)];
    // position 0 is special: it is not ablated, and the token behind it is not scored
    assert.ok(Number.isNaN(found.change.data[0]) && Number.isNaN(found.change.data[1]));
    assertClose([...found.loss.data].slice(2), whole.slice(1), 2e-5, 'loss');
    assertClose([...found.change.data].slice(2), ablated.slice(1).map((loss, i) => loss - whole[i + 1]!), 4e-5, 'change');
    assertClose([...found.activations.data].slice(1), [...activations].slice(1), 1e-6, 'activations');
    assert.equal(found.activations.data[0], 0);
    assert.ok(Math.abs(found.sum) > 1e-4, 'it matters');
    assertClose([found.sum], [[...found.change.data].slice(2).reduce((a, b) => a + b, 0)], 1e-6);
    assert.equal(found.scored, n - 2);
  });
}

test('a feature that does not fire changes nothing', () => {
  const dead = new LoadedDictionary(liveWeights(1, { bEnc: new Float32Array(40).fill(-1e6) }), live.place.dictionary.provenance);
  const { change, kl, sum } = ablateLatent(live.loaded, placeOf(live.loaded, dead, 'dead'), 3, { tokens: vector(tokens), documents: null });
  dead.dispose();
  assert.ok([...change.data].slice(2).every((value) => value === 0) && sum === 0);
  assert.ok([...kl.data].slice(2).every((value) => Math.abs(value) < 1e-6));
});

test('where attention stays within documents, what fires in one changes nothing in the next', () => {
  const { feature } = firing(live.place);
  const documents = Int32Array.from(tokens, (_, i) => (i < 9 ? 0 : 1));
  const whole = ablateLatent(live.loaded, live.place, feature, { tokens: vector(tokens), documents: vector(documents) });
  // the first of a document counts as little as the first of a context; the last of the first document predicts nothing
  assert.ok(Number.isNaN(whole.change.data[9]) && Number.isNaN(whole.change.data[10]));
  assert.equal(whole.scored, n - 2 - 2);
});

test('a feature that a catalog cannot mean, and contexts that are none, are refused', () => {
  assert.throws(() => ablateLatent(live.loaded, live.place, 99, { tokens: vector(tokens), documents: null }), { kind: 'not-found', message: /feature 99/u });
  assert.throws(() => ablateLatent(live.loaded, live.place, 0, { tokens: vector(Int32Array.of(1)), documents: null }), { kind: 'bad-request', message: /there are 1/u });
  assert.throws(() => ablateLatent(live.loaded, live.place, 0, { tokens: vector(tokens), documents: vector(Int32Array.of(1)) }), { kind: 'bad-request', message: /documents/u });
  const crosscoder = { ...live.place, read: [liveHook, 'blocks.1.hook_resid_post'] };
  assert.throws(() => ablateLatent(live.loaded, crosscoder, 0, { tokens: vector(tokens), documents: null }), { kind: 'unsupported', message: /2 hooks/u });
});
