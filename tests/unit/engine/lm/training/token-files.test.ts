import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TokenFiles, type TokenSource } from '../../../../../src/engine/lm/training/token-files.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

/** Documents of ten tokens: 0..9, 10..19, and so on; `reads` counts how often they are read. */
function counting(documents: number, vocab = 1000, key = 'a'): TokenSource & { reads: number } {
  const source = {
    reads: 0, vocab, key,
    documents: async function* (): AsyncGenerator<Int32Array> {
      source.reads++;
      for (let i = 0; i < documents; i++) yield Int32Array.from({ length: 10 }, (_, j) => 10 * i + j);
    },
  };
  return source;
}

const limits = { limit: 1000, mostValid: 50, context: 4 };

for (const vocab of [1000, 100_000]) {
  test(`a vocabulary of ${vocab}: windows are consecutive tokens, and each target is the next one`, async (t) => {
    const files = await TokenFiles.prepare(temporaryFolder(t), counting(100, vocab), limits);
    t.after(() => files.close());
    assert.deepEqual([files.trainTokens, files.validTokens], [950, 50]);
    const { tokens, targets, batch, length } = files.batch(1, 2, 0, 3, 4);
    assert.deepEqual([tokens.length, batch, length], [12, 3, 4]);
    tokens.forEach((token, i) => {
      assert.equal(targets[i], token + 1);
      assert.ok(token < 949);
      if (i % 4 > 0) assert.equal(token, tokens[i - 1]! + 1);
    });
  });
}

test('the same seed, step and part give the same contexts, and others do not', async (t) => {
  const files = await TokenFiles.prepare(temporaryFolder(t), counting(100), limits);
  t.after(() => files.close());
  assert.deepEqual(files.batch(1, 2, 0, 3, 4), files.batch(1, 2, 0, 3, 4));
  for (const [seed, step, part] of [[2, 2, 0], [1, 3, 0], [1, 2, 1]] as const) assert.notDeepEqual(files.batch(seed, step, part, 3, 4), files.batch(1, 2, 0, 3, 4));
});

test('validation goes once through the last tokens in whole contexts', async (t) => {
  const files = await TokenFiles.prepare(temporaryFolder(t), counting(100), limits);
  t.after(() => files.close());
  const seen = [...files.validation(5, 4)].flatMap(({ tokens }) => [...tokens]);
  assert.deepEqual(seen, Array.from({ length: 48 }, (_, i) => 950 + i)); // 49 predicted tokens at most: 12 contexts of 4
});

test('files are written once, and again for other data', async (t) => {
  const folder = temporaryFolder(t);
  const [source, other] = [counting(100), counting(100, 1000, 'b')];
  (await TokenFiles.prepare(folder, source, limits)).close();
  (await TokenFiles.prepare(folder, source, limits)).close();
  assert.equal(source.reads, 1);
  (await TokenFiles.prepare(folder, other, limits)).close();
  assert.equal(other.reads, 1);
  assert.deepEqual(TokenFiles.validationOf(folder), { tokens: Int32Array.from({ length: 50 }, (_, i) => 950 + i), starts: null });
  assert.equal(TokenFiles.validationOf(join(folder, 'none')), null);
});

test('an empty, a one-token and a too short corpus are refused', async (t) => {
  const one: TokenSource = { ...counting(0), documents: async function* () { yield Int32Array.of(1); } };
  for (const source of [counting(0), one, counting(0)]) {
    await assert.rejects(TokenFiles.prepare(temporaryFolder(t), source, limits), { kind: 'bad-request', message: /gives [01] tokens.*give more text/u });
  }
  await assert.rejects(TokenFiles.prepare(temporaryFolder(t), counting(1), { ...limits, context: 8 }), { kind: 'bad-request', message: /10 tokens/u });
});

test('a file that was cut off is noticed, and a stopped preparation leaves nothing', async (t) => {
  const folder = temporaryFolder(t);
  const files = await TokenFiles.prepare(folder, counting(100), limits);
  truncateSync(join(folder, 'train.bin'), 8);
  assert.throws(() => Array.from({ length: 20 }, (_, step) => files.batch(1, step, 0, 4, 4)), { kind: 'bad-file' });
  files.close();
  await assert.rejects(TokenFiles.prepare(temporaryFolder(t), counting(10_000), { ...limits, limit: 100_000 }, AbortSignal.abort()), { kind: 'cancelled' });
});

test('documents that cannot be read from their middle begin every context; what the source holds out is for validation alone', async (t) => {
  // Document i is i * 10 + 1 to i * 10 + 9, and 0 ends it; odd ones are held out.
  const documents = (odd: boolean) => async function* (): AsyncGenerator<Int32Array> {
    for (let i = odd ? 1 : 0; i < 60; i += 2) yield Int32Array.from({ length: 10 }, (_, j) => (j === 9 ? 0 : 10 * i + j + 1));
  };
  const files = await TokenFiles.prepare(temporaryFolder(t), { documents: documents(false), heldOut: documents(true), vocab: 1000, key: 'games', ends: 0 }, { ...limits, mostValid: 100 });
  t.after(() => files.close());
  assert.deepEqual([files.trainTokens, files.validTokens], [300, 100]);
  for (let step = 0; step < 20; step++) {
    const { tokens, targets } = files.batch(1, step, 0, 5, 12);
    for (let row = 0; row < 5; row++) assert.equal(tokens[row * 12]! % 20, 1, 'a training document begins');
    assert.equal(targets[8], 0);
  }
  const valid = [...files.validation(3, 12)].flatMap(({ tokens }) => [...tokens].filter((_, i) => i % 12 === 0));
  assert.deepEqual(valid, Array.from({ length: 9 }, (_, i) => 20 * i + 11)); // the tenth leaves no room for a context of 12 and its target
});
