import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { Writing } from '../../../../src/engine/live/write.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { tinyShape, writeTinyModel } from '../../../support/own-models.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const endings: (() => void)[] = [];
let model: LanguageModel;
before(async () => {
  await loadBackend();
  const folder = temporaryFolder({ after: (end) => endings.push(end as () => void) });
  writeTinyModel(folder, tinyShape('moe-x', {}, { vocab: 257 }));
  model = await loadModel(folder);
  endings.push(() => model.dispose());
});
after(() => endings.reverse().forEach((end) => end()));

const ask = { text: 'cat', newTokens: 6, temperature: 0.9, topP: 0.95, seed: 4 };

test('some tokens at a time, it writes what generate writes at once', () => {
  const whole = model.generate(model.tokenizer.encode('cat'), { maxNewTokens: 6, temperature: 0.9, topP: 0.95, seed: 4 });
  const before = tf.memory().numTensors;
  const writing = new Writing(model, ask);
  assert.deepEqual(writing.began, { promptTokens: 3, limit: 6 });
  const parts = [writing.next(2), writing.next(3), writing.next(3)];
  assert.equal(parts[2]!.tokens, whole.length);
  const stopped = model.config.eosTokenIds.includes(whole.at(-1)!);
  assert.deepEqual([parts[2]!.text, parts[2]!.ended], [model.tokenizer.decode(stopped ? whole.slice(0, -1) : whole), stopped ? 'stop-token' : 'length']);
  assert.ok(parts[1]!.text.startsWith(parts[0]!.text.replace(/\uFFFD+$/u, '')));
  assert.deepEqual(writing.next(4), parts[2], 'what has ended goes no further');
  writing.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test('it ends where the context is full, and a text that has no room is refused', () => {
  const writing = new Writing(model, { ...ask, newTokens: 100 });
  assert.equal(writing.began.limit, 9);
  const { tokens, ended } = writing.next(50);
  assert.ok(tokens <= 9 && (ended === 'context' || ended === 'stop-token'));
  writing.dispose();
  assert.throws(() => new Writing(model, { ...ask, text: 'a text of 12' }), { kind: 'bad-request', message: /it has 12 tokens/u });
});
