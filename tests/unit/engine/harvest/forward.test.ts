import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { firstBeyond, forward, stack, type ForwardOptions } from '../../../../src/engine/harvest/forward.ts';
import { corpusStart } from '../../../../src/engine/harvest/pack.ts';
import { fakeModel, useCpu } from '../../../support/fake-model.ts';

before(useCpu);

const options: ForwardOptions = { contextLength: 2, isolate: false, dtype: 'float16' };
const batch = stack([[5, 6], [7, 8]].map((tokens, i) => ({ tokens: Int32Array.from(tokens), documents: Int32Array.of(i, i), after: corpusStart })), 2);
const hook = { name: 'blocks.0.hook_resid_post', d: 4 };

test('contexts are stacked in order', () => {
  assert.deepEqual([[...batch.tokens], [...batch.documents]], [[5, 6, 7, 8], [0, 0, 1, 1]]);
});

test('the first value that is not below the limit is found, NaN and both infinities too', () => {
  assert.equal(firstBeyond(Float32Array.of(1, -2, 3), 10), -1);
  for (const bad of [NaN, Infinity, -Infinity, 10, -11]) assert.equal(firstBeyond(Float32Array.of(1, bad, bad), 10), 1);
  assert.equal(firstBeyond(Float32Array.of(3e38), Infinity), -1);
});

test('each hook gives its rows, and nothing is kept on the backend, errors included', () => {
  const count = tf.memory().numTensors;
  const { activations } = forward(fakeModel({ value: (token, position) => token + position / 2 }), [hook], batch, 0, options);
  assert.deepEqual([...activations.get(hook.name)!].filter((_, i) => i % 4 === 0), [5, 6.5, 7, 8.5]);
  const broken = fakeModel({ value: (token) => (token === 8 ? NaN : 0) });
  assert.throws(() => forward(broken, [hook], batch, 40, options), { kind: 'not-finite', message: /context 41, position 1/ });
  const pattern = { name: 'blocks.0.attn.hook_pattern', d: 8 };
  assert.throws(() => forward(fakeModel(), [pattern], batch, 0, options), { kind: 'unsupported' });
  assert.equal(tf.memory().numTensors, count);
});

test('half precision takes what rounds to its largest number and refuses what rounds to infinity', () => {
  const run = (value: number, dtype: 'float16' | 'float32'): unknown => forward(fakeModel({ value: () => value }), [hook], batch, 0, { ...options, dtype });
  run(65519, 'float16');
  assert.throws(() => run(65520, 'float16'), { kind: 'bad-request', message: /^dtype/ });
  run(65520, 'float32');
});
