import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { Corpus } from '../../../../src/engine/corpora/definition.ts';
import { ModelSource } from '../../../../src/engine/harvest/model-source.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { Random } from '../../../../src/engine/random.ts';
import { divergence } from '../../../../src/engine/sae/variants/end-to-end.ts';
import { trainConfigSchema } from '../../../../src/engine/train/config.ts';
import { trainFrom } from '../../../../src/engine/train/job.ts';
import { openSource } from '../../../../src/engine/train/open-source.ts';
import { collect } from '../../../support/collect.ts';
import { writeTinyLlama } from '../../../support/tiny-llama.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext } from '../../../support/trained.ts';

before(async () => {
  await loadBackend();
});

const corpus: Corpus = {
  name: 'letters', sources: ['letters'], listing: false,
  async *documents() { for (let i = 0; i < 12; i++) yield { id: String(i), text: String.fromCharCode(97 + i).repeat(7) }; },
};

const options = { hookPoint: 'blocks.0.hook_resid_post', contextLength: 8, batch: 4, isolate: false, shuffleDocuments: false, seed: 1, heldOut: 16 };

async function open(t: TestContext): Promise<ModelSource> {
  const folder = join(temporaryFolder(t), 'model');
  writeTinyLlama(folder);
  const source = new ModelSource(await loadModel(folder), corpus, options);
  t.after(() => source.close());
  return source;
}

test('a batch is whole contexts, and its readout gives the output of the model for its own x', async (t) => {
  const source = await open(t);
  const { x, rows, readout, originOf } = await source.next(20);
  // Two contexts of seven letters and EOS; position 0 and EOS do not count.
  assert.deepEqual([rows, x.length, source.dIn], [12, 12 * 16, 16]);
  assert.match(originOf(0), /^context 2 of the corpus letters, position 1/u);
  tf.tidy(() => {
    const own = readout!.run(tf.tensor2d(x, [rows, 16]));
    assert.ok(Math.abs(divergence(readout!.original!.logits, own.logits).dataSync()[0]!) < 1e-6);
    const zero = readout!.run(tf.zeros([rows, 16]) as Tensor2D);
    assert.ok(divergence(readout!.original!.logits, zero.logits).dataSync()[0]! > 1e-3);
  });
});

test('from any place the same contexts follow, over the end of the corpus too, and no tensor is left behind', async (t) => {
  const source = await open(t);
  const other = await open(t);
  const tensors = tf.memory().numTensors;
  for (let batch = 0; batch < 12; batch++) {
    await other.seek(JSON.parse(JSON.stringify(source.position)) as typeof source.position);
    assert.deepEqual((await source.next(8)).x, (await other.next(8)).x, `batch ${batch}`);
  }
  const held = await collect(source.heldOut());
  assert.deepEqual(held.map(({ rows }) => rows), [16]);
  await source.sample(10);
  await assert.rejects(async () => source.seek({ batches: 1 }), { kind: 'bad-file' });
  source.close();
  other.close();
  assert.ok(tf.memory().numTensors < tensors, 'models and readouts are gone');
});

test('end to end: a few steps on resources/tiny-llama lower the divergence, and no tensor is left behind', async (t) => {
  const folder = temporaryFolder(t);
  const words = ['a small tree', 'of the family', 'used to hold water', 'in a room', 'the act of reading', 'relating to music'];
  const random = Random.from(5);
  writeFileSync(join(folder, 'text.txt'), Array.from({ length: 150 }, () => Array.from({ length: 5 }, () => words[random.integer(6)]).join(' or ')).join('\n\n'));
  const config = trainConfigSchema.parse({
    variant: 'end-to-end', model: 'resources/tiny-llama', corpus: join(folder, 'text.txt'), hookPoint: 'blocks.2.hook_resid_post', out: join(folder, 'out'), dSae: 384, steps: 16, batch: 128,
    contextLength: 32, heldOut: 64, logEvery: 1, lr: 3e-3, l1Coefficient: 0.05, warmupSteps: 1,
  });
  const divergences: number[] = [];
  const metrics = (_step: number, row: Readonly<Record<string, number>>): void => void divergences.push(row['auxLoss']!);
  const before = tf.memory().numTensors;
  const context = quietContext(folder, new AbortController().signal, { metrics });
  const source = await openSource(config, context);
  await trainFrom(source, config, context);
  source.close();
  assert.equal(divergences.length, 16);
  const mean = (part: readonly number[]): number => part.reduce((sum, value) => sum + value, 0) / part.length;
  assert.ok(mean(divergences.slice(-3)) < 0.7 * mean(divergences.slice(0, 3)), String(divergences));
  assert.equal(tf.memory().numTensors, before);
});
