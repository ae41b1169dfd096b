import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { klOfLogits, Steering } from '../../../../src/engine/live/steer.ts';
import { assertClose } from '../../../support/closeness.ts';
import { liveHook, liveWidth, loadedSetting, typed, type LoadedSetting } from '../../../support/live.ts';

const endings: (() => void)[] = [];
let live: LoadedSetting;
before(async () => {
  await loadBackend();
  live = await loadedSetting({ after: (end) => endings.push(end) });
});
after(() => endings.reverse().forEach((end) => end()));

const ids = Int32Array.from([256, ...Buffer.from('A cat')]);
const ask = { feature: 5, prompt: typed('A cat'), unit: 'norm', maximum: null, from: 'start', strength: 8, newTokens: 10, temperature: 1, topP: 1, seed: 4 } as const;

function written(options: ConstructorParameters<typeof Steering>[2], step = 3): { clean: number[]; steered: number[]; kl: number[]; steering: Steering } {
  const steering = new Steering(live.loaded, live.place, options);
  const found = { clean: [] as number[], steered: [] as number[], kl: [] as number[], steering };
  for (;;) {
    const { clean, steered, kl, done } = steering.next(step);
    found.clean.push(...clean.ids.data);
    found.steered.push(...steered.ids.data);
    found.kl.push(...kl.data);
    if (done) return found;
  }
}

test('KL(p || q) of two coins: logits 0, 0 and 0, ln 3 are 1/2, 1/2 and 1/4, 3/4', () => {
  // 1/2 ln(1/2 / 1/4) + 1/2 ln(1/2 / 3/4) = 1/2 ln 2 + 1/2 ln 2/3 = 1/2 ln 4/3
  assert.ok(Math.abs(klOfLogits(Float32Array.of(0, 0), Float32Array.of(0, Math.log(3))) - 0.5 * Math.log(4 / 3)) < 1e-7);
  assert.equal(klOfLogits(Float32Array.of(5, 6), Float32Array.of(5, 6)), 0);
});

test('at strength 0 both texts are the same, and KL is 0 everywhere', () => {
  const { clean, steered, kl, steering } = written({ ...ask, strength: 0 });
  assert.deepEqual(steered, clean);
  assert.ok(clean.length >= 1 && clean.length <= 10);
  assert.ok(kl.length === steered.length && kl.every((value) => value === 0));
  assert.equal(steering.began.meanKl, 0);
  assert.equal(steering.began.addedNorm, 0);
  steering.dispose();
});

test('the clean text is what the model generates by itself; the steered one what it generates with the edit in every pass', () => {
  const { clean, steered, steering } = written(ask);
  const options = { maxNewTokens: 10, temperature: 1, topP: 1, seed: 4 };
  assert.deepEqual(clean, [...live.loaded.generate(ids, options)]);
  const length = Math.hypot(...live.place.dictionary.wDec.slice(5 * liveWidth, 6 * liveWidth));
  const added = live.place.dictionary.wDec.slice(5 * liveWidth, 6 * liveWidth).map((value) => (8 * value) / length);
  // every position but the special first one: rows of the prompt's pass are told by their number
  const edit = (value: tf.Tensor): tf.Tensor => tf.add(value, tf.mul(tf.tensor(Float32Array.from({ length: value.shape[1]! }, (_, i) => Number(value.shape[1] === 1 || i > 0)), [1, value.shape[1]!, 1]), tf.tensor1d(added)));
  assert.deepEqual(steered, [...live.loaded.generate(ids, { ...options, edits: [{ hook: liveHook, kind: 'map', map: edit }] })]);
  assert.notDeepEqual(steered, clean);
  assert.deepEqual([steering.began.first, steering.began.hook], [1, liveHook]);
  assertClose([steering.began.addedNorm], [8], 1e-5);
  steering.dispose();
});

test('each KL compares both models on the steered text so far', () => {
  const { steered, kl, steering } = written(ask);
  const text = Int32Array.from([...ids, ...steered]);
  const { direction, first } = { direction: live.place.dictionary.wDec.slice(5 * liveWidth, 6 * liveWidth), first: steering.began.first };
  const length = Math.hypot(...direction);
  const added = Float32Array.from({ length: text.length * liveWidth }, (_, i) => (i < first * liveWidth ? 0 : (8 * direction[i % liveWidth]!) / length));
  const passes = [[], [{ hook: liveHook, kind: 'map' as const, map: (value: tf.Tensor) => tf.add(value, tf.tensor(added, value.shape)) }]].map((edits) => {
    const { logits } = live.loaded.run(text, 1, text.length, { edits });
    const values = logits!.dataSync<'float32'>();
    logits!.dispose();
    return values;
  });
  const expected = steered.map((_, i) => {
    const at = ids.length - 1 + i;
    const [p, q] = passes.map((values) => values.slice(at * 258, (at + 1) * 258)) as [Float32Array, Float32Array];
    return klOfLogits(p, q);
  });
  assertClose(kl, expected, 2e-4);
  assertClose([steering.began.kl.data.at(-1)!], [expected[0]!], 2e-4, 'the prompt\'s last KL is that of the first new token');
  steering.dispose();
});

test('how it is cut into steps changes nothing; tensors are all given back', () => {
  const tensors = tf.memory().numTensors;
  const [one, many] = [written(ask, 1), written(ask, 16)];
  assert.deepEqual([one.clean, one.steered], [many.clean, many.steered]);
  assertClose(one.kl, many.kl, 1e-6);
  [one, many].forEach(({ steering }) => steering.dispose());
  assert.throws(() => new Steering(live.loaded, live.place, { ...ask, feature: 400 }), { kind: 'not-found' });
  assert.equal(tf.memory().numTensors, tensors);
});

test('it ends at the end of the context', () => {
  // 64 positions, of which the prompt takes 6
  const { clean, steering } = written({ ...ask, newTokens: 256, temperature: 5, seed: 1 }, 16);
  assert.ok(clean.length <= 58);
  steering.dispose();
});
