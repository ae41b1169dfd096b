import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { describeEncoder, encodeTexts, releaseEncoder } from '../../../../../src/engine/lm/encoders/serve.ts';
import { encoderFixtures, tinyEncoder } from '../../../../support/encoder-fixtures.ts';

after(releaseEncoder);

test('the encoder is loaded once and answers again, and its weights go when it is released', async () => {
  const first = await encodeTexts(tinyEncoder, ['the cat sat.', 'a']);
  assert.deepEqual([first.dim, first.vectors.data.length], [24, 48]);
  const held = tf.memory().numTensors;
  const [again, nothing] = await Promise.all([encodeTexts(tinyEncoder, ['a']), encodeTexts(tinyEncoder, [])]);
  assert.equal(again.hash, first.hash);
  assert.equal(nothing.vectors.data.length, 0);
  assert.equal(tf.memory().numTensors, held);
  await releaseEncoder();
  assert.ok(tf.memory().numTensors < held);
  assert.deepEqual((await encodeTexts(tinyEncoder, ['a'])).vectors.data, again.vectors.data);
});

test('a folder that holds no encoder is refused each time it is asked for', async () => {
  for (let i = 0; i < 2; i++) await assert.rejects(encodeTexts(encoderFixtures, ['a']), { kind: 'not-found' });
  assert.throws(() => describeEncoder(encoderFixtures), { kind: 'not-found' });
});

test('an encoder is described without being loaded', () => {
  assert.deepEqual(describeEncoder(join(tinyEncoder, '.')), { path: tinyEncoder, name: 'bert', dim: 24, maxTokens: 48 });
});
