import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { skipTranscoder } from '../../../../../src/engine/sae/variants/skip-transcoder.ts';
import { transcoder } from '../../../../../src/engine/sae/variants/transcoder.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { initContext } from '../../../../support/variants.ts';

// What the skip connection computes and how it is trained stands in transcoder.test.ts: the functions are the transcoder's.
test('it starts as the transcoder does, with a skip connection [dOut, dIn] of zeros', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const config = transcoder.config.parse({});
    const sizes = { dIn: 5, dOut: 3, dSae: 16, sources: 1 };
    const [plain, skip] = [transcoder.init(config, initContext(sizes)), skipTranscoder.init(config, initContext(sizes))];
    for (const [name, tensor] of Object.entries(plain)) assert.deepEqual(skip[name]!.dataSync(), tensor.dataSync(), name);
    assert.deepEqual(skip['wSkip']!.shape, [3, 5]);
    assert.ok(skip['wSkip']!.dataSync().every((value) => value === 0));
  }));
  assert.deepEqual([skipTranscoder.id, skipTranscoder.data, skipTranscoder.unitDecoder, skipTranscoder.centresInput], ['skip-transcoder', 'pairs', false, false]);
});
