import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { assertClose } from '../../../support/closeness.ts';
import { fixtureFolder, fixtureModels } from '../../../support/lm-fixtures.ts';

/** Longer than the windows of the tiny models, 4 tokens. */
const tokens = Int32Array.of(9, 8, 7, 3, 12, 5, 44, 1, 30, 21, 9, 2);
const models: LanguageModel[] = [];
before(async () => {
  await loadBackend();
  for (const name of fixtureModels) models.push(await loadModel(fixtureFolder(name)));
});
after(() => models.forEach((model) => model.dispose()));

test('a text that is read in pieces predicts what it predicts as a whole', () => {
  for (const model of models) {
    const tensors = tf.memory().numTensors;
    const text = model.continuation();
    const { logits } = model.run(tokens, 1, 12);
    const whole = logits!.dataSync<'float32'>();
    logits!.dispose();
    // a piece over the window's edge, single tokens behind it, and a last piece longer than the window
    for (const [from, to] of [[0, 3], [3, 4], [4, 6], [6, 7], [7, 12]] as const) {
      assertClose(text.append(tokens.subarray(from, to)), whole.slice((to - 1) * 67, to * 67), 1e-4, `${model.config.name} behind token ${to}`);
    }
    assert.equal(text.length, 12);
    text.dispose();
    assert.equal(tf.memory().numTensors, tensors);
  }
});

test('several texts in one pass predict what each predicts alone', () => {
  for (const model of models) {
    const both = model.continuation(2);
    both.append(Int32Array.of(9, 8, 7, 1, 2, 3));
    const together = both.append(Int32Array.of(3, 4));
    assert.equal(both.length, 4);
    both.dispose();
    [[9, 8, 7, 3], [1, 2, 3, 4]].forEach((ids, text) => {
      const alone = model.continuation();
      assertClose(together.slice(text * 67, (text + 1) * 67), alone.append(Int32Array.from(ids)), 1e-4, `${model.config.name}, text ${text}`);
      alone.dispose();
    });
  }
});

test('an edit holds for the tokens it is given with, and what the blocks keep of them stays changed', () => {
  const model = models[2]!;
  const shift = tf.fill([model.config.dModel], 0.5);
  const hook = 'blocks.0.hook_resid_post';
  const edited = model.continuation();
  const first = edited.append(tokens.subarray(0, 5), [{ hook, kind: 'add', value: shift }]);
  const second = edited.append(tokens.subarray(5, 6));
  edited.dispose();
  // the same in one pass: positions 0 to 4 are shifted, position 5 is not
  const mask = tf.tensor3d([1, 1, 1, 1, 1, 0], [1, 6, 1]);
  const { logits } = model.run(tokens.slice(0, 6), 1, 6, { edits: [{ hook, kind: 'map', map: (value) => tf.add(value, tf.mul(mask, shift)) }] });
  const whole = logits!.dataSync<'float32'>();
  tf.dispose([shift, mask, logits!]);
  assertClose(first, whole.slice(4 * 67, 5 * 67), 1e-4);
  assertClose(second, whole.slice(5 * 67), 1e-4);
});

test('no tokens, too many, and use after dispose are refused', () => {
  const text = models[0]!.continuation();
  assert.throws(() => text.append(new Int32Array(0)), { kind: 'bad-request', message: /at least one/u });
  const two = models[0]!.continuation(2);
  assert.throws(() => two.append(Int32Array.of(1, 2, 3)), { kind: 'bad-request', message: /has 3: .*2 texts/u });
  two.dispose();
  assert.throws(() => text.append(new Int32Array(40)), { kind: 'bad-request', message: /40 tokens.*32/u });
  text.dispose();
  text.dispose();
  assert.throws(() => text.append(tokens), { kind: 'disposed' });
});
