import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { installedEncoder } from '../../../../../src/engine/lm/encoders/find.ts';
import { inspectEncoder, loadEncoder, meanPooled } from '../../../../../src/engine/lm/encoders/load.ts';
import { absent } from '../../../../support/backend.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { encoderFixtures, readEncoderReference, tinyEncoder } from '../../../../support/encoder-fixtures.ts';
import { largestDifference } from '../../../../support/lm-fixtures.ts';

const scratch = mkdtempSync(join(tmpdir(), 'loupe-encoder-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
before(async () => { await loadBackend(); });

test('a text has the same vector alone as beside others', async () => {
  const encoder = await loadEncoder(tinyEncoder);
  const { texts } = readEncoderReference(join(tinyEncoder, 'reference.json'));
  const all = encoder.encode(texts);
  texts.slice(0, 4).forEach((text, i) => assert.ok(largestDifference(encoder.encode([text]), all.subarray(24 * i, 24 * (i + 1))) <= 1e-5, text));
  assert.deepEqual(encoder.encode([]), new Float32Array(0));
  encoder.dispose();
});

const minilm = installedEncoder();
const noMiniLm = minilm === null ? 'the sentence encoder is not installed: node scripts/components.mjs sentence-encoder' : await absent('tensorflow');
test('all-MiniLM-L6-v2 gives the vectors of transformers within 1e-4', { skip: noMiniLm }, async () => {
  const { texts, vectors } = readEncoderReference(join(encoderFixtures, 'minilm.json'));
  const encoder = await loadEncoder(minilm!);
  assert.deepEqual([encoder.dim, encoder.maxTokens], [384, 256]);
  assert.ok(largestDifference(encoder.encode(texts), vectors.flat()) <= 1e-4);
  encoder.dispose();
});

test('the mean is taken over tokens alone and has length 1: (3, 4) and padding give (0.6, 0.8); no token at all gives 0', () => {
  const hidden = tf.tensor2d([[3, 4], [100, 100], [100, 100], [100, 100]]);
  const pooled = meanPooled(hidden, { batch: 2, length: 2, ids: new Int32Array(4), mask: Float32Array.of(1, 0, 0, 0) });
  assert.ok(largestDifference(pooled.dataSync(), [0.6, 0.8, 0, 0]) < 1e-6);
  tf.dispose([hidden, pooled]);
});

test('weights are freed, and an encoder that was disposed says so', async () => {
  const before = tf.memory().numTensors;
  const encoder = await loadEncoder(tinyEncoder);
  encoder.dispose();
  encoder.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.throws(() => encoder.encode(['a']), { kind: 'disposed' });
});

describe('what a folder may hold', () => {
  function changed(name: string, change: (folder: string) => void): string {
    const folder = join(scratch, name);
    cpSync(tinyEncoder, folder, { recursive: true });
    change(folder);
    return folder;
  }

  test('vocab.txt in place of tokenizer.json: the same vectors', async () => {
    const { texts, vectors } = readEncoderReference(join(tinyEncoder, 'reference.json'));
    const encoder = await loadEncoder(changed('vocab', (folder) => rmSync(join(folder, 'tokenizer.json'))));
    assert.ok(largestDifference(encoder.encode(texts), vectors.flat()) <= 1e-4);
    encoder.dispose();
  });

  test('the length that sentences were trained with bounds what is read, and belongs to the hash', async () => {
    const short = changed('short', (folder) => writeFileSync(join(folder, 'sentence_bert_config.json'), '{"max_seq_length": 8}'));
    const [a, b] = [await loadEncoder(tinyEncoder), await loadEncoder(short)];
    assert.equal(b.maxTokens, 8);
    assert.notEqual(a.hash, b.hash);
    assert.deepEqual(b.encode(['the cat the cat the cat sat']), b.encode(['the cat the cat the cat x y z the']), 'after [CLS] and six tokens nothing is read but [SEP]');
    a.dispose();
    b.dispose();
  });

  test('another pooling, another architecture, no config and missing weights are refused in words', async () => {
    const pooled = changed('cls', (folder) => {
      mkdirSync(join(folder, '1_Pooling'));
      writeFileSync(join(folder, '1_Pooling', 'config.json'), '{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}');
    });
    assert.throws(() => inspectEncoder(pooled), { kind: 'unsupported', message: /does not pool by the mean/ });
    const other = changed('other', (folder) => writeFileSync(join(folder, 'config.json'), '{"model_type": "llama"}'));
    assert.throws(() => inspectEncoder(other), { kind: 'unsupported', message: /model_type "llama".*bert/ });
    assert.throws(() => inspectEncoder(scratch), { kind: 'not-found', message: /no config\.json/ });
    const empty = changed('empty', (folder) => rmSync(join(folder, 'model.safetensors')));
    await assert.rejects(loadEncoder(empty), { kind: 'not-found' });
  });

  test('a tokenizer with more tokens than the weights have rows is refused before a text is read', async () => {
    const folder = changed('vocabulary', (path) => {
      const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as { vocab_size: number };
      writeFileSync(join(path, 'config.json'), JSON.stringify({ ...config, vocab_size: config.vocab_size - 1 }));
    });
    await assert.rejects(loadEncoder(folder), { kind: 'mismatch', message: /the tokenizer has \d+ tokens/ });
  });
});

// Last, since it leaves another backend active.
test('a tiny BERT gives the vectors of transformers within 1e-4, padding, long and empty texts among them, on every backend', async (t) => {
  const { texts, vectors } = readEncoderReference(join(tinyEncoder, 'reference.json'));
  await eachBackend(t, async () => {
    const encoder = await loadEncoder(tinyEncoder);
    assert.equal(encoder.dim, 24);
    assert.ok(largestDifference(encoder.encode(texts), vectors.flat()) <= 1e-4);
    encoder.dispose();
  });
});
