import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { blocksFor, harvestConfigSchema, runHarvest, type HarvestConfig } from '../../../../src/engine/harvest/job.ts';
import type { JobContext } from '../../../../src/engine/job.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { lossGradients } from '../../../../src/engine/lm/loss-gradients.ts';
import { assertSameModel } from '../../../../src/engine/store/identity.ts';
import { openStore } from '../../../../src/engine/store/open.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { writeTinyLlama } from '../../../support/tiny-llama.ts';

before(async () => { await loadBackend('cpu'); });

function contextOf(folder: string, log: string[] = []): JobContext {
  return { signal: new AbortController().signal, folder, progress: () => {}, metrics: () => {}, log: (line) => log.push(line) };
}

interface Setting {
  readonly folder: string;
  readonly config: HarvestConfig;
}

function setting(t: TestContext, changes: Partial<HarvestConfig> = {}): Setting {
  const folder = temporaryFolder(t);
  writeTinyLlama(join(folder, 'model'));
  writeFileSync(join(folder, 'corpus.txt'), Array.from({ length: 60 }, (_, i) => `Paragraph ${i} is about the number ${i * i}.`).join('\n\n'));
  const config = harvestConfigSchema.parse({
    model: join(folder, 'model'), corpus: join(folder, 'corpus.txt'), out: join(folder, 'store'), hooks: ['blocks.0.hook_resid_post', 'blocks.1.attn.hook_z'],
    tokens: 640, contextLength: 32, batch: 4, dtype: 'float32', ...changes,
  });
  return { folder, config };
}

test('a Llama on disk is harvested: each context has the activations that the model gives for it alone', async (t) => {
  const { folder, config } = setting(t);
  const result = await runHarvest(config, contextOf(folder));
  assert.deepEqual([result['contexts'], result['tokens'], result['backend']], [20, 640, 'cpu']);
  const [store, model] = [openStore(config.out), await loadModel(config.model)];
  t.after(() => { store.close(); model.dispose(); });
  assertSameModel(store, model.identity);
  for (const context of [0, 7, 19]) {
    const { cache } = model.run(store.tokens(context, 1), 1, 32, { names: config.hooks, logits: false });
    for (const hook of config.hooks) {
      const [wanted, stored] = [cache.get(hook)!.dataSync<'float32'>(), store.activations(hook, context, 1)];
      assert.equal(wanted.length, stored.length);
      for (const [i, value] of stored.entries()) assert.ok(Math.abs(value - wanted[i]!) <= 1e-5, `${hook} ${i}: ${value} ${wanted[i]}`);
      cache.get(hook)!.dispose();
    }
  }
  assert.equal(model.tokenizer.decode(store.tokens(0, 1)).slice(0, 24), 'Paragraph 0 is about the');
});

test('isolated, a document has the same activations whatever stands before it', async (t) => {
  const { folder, config } = setting(t, { isolate: true, hooks: ['blocks.1.hook_resid_post'], unit: 'block' });
  // The same sentence twice in one context of 32: 14 characters and EOS, then again.
  writeFileSync(config.corpus, 'The same words\n\nThe same words\n\nother text that fills it');
  await runHarvest({ ...config, tokens: 32 }, contextOf(folder));
  const store = openStore(config.out);
  t.after(() => store.close());
  const values = store.activations('blocks.1.hook_resid_post', 0, 1);
  const [first, second] = [values.subarray(0, 14 * 16), values.subarray(15 * 16, 29 * 16)];
  for (const [i, value] of first.entries()) assert.ok(Math.abs(value - second[i]!) < 1e-4, `${i}: ${value} ${second[i]}`);
});

test('only the blocks below the hooks are loaded', () => {
  assert.equal(blocksFor(['blocks.0.hook_resid_post', 'blocks.3.attn.hook_q']), 4);
  assert.equal(blocksFor(['hook_embed']), 1);
  assert.equal(blocksFor(['blocks.0.hook_resid_pre', 'ln_final.hook_normalized']), undefined);
});

test('a wrong model, hook or corpus is refused before a store is begun', async (t) => {
  const { folder, config } = setting(t);
  await assert.rejects(runHarvest({ ...config, model: join(folder, 'none') }, contextOf(folder)), { kind: 'not-found' });
  await assert.rejects(runHarvest({ ...config, hooks: ['blocks.0.hook_resid_pots'] }, contextOf(folder)), { kind: 'not-found', message: /hook_resid_post/ });
  await assert.rejects(runHarvest({ ...config, hooks: ['blocks.7.hook_resid_post'] }, contextOf(folder)), { kind: 'not-found' });
  await assert.rejects(runHarvest({ ...config, corpus: join(folder, 'none.txt') }, contextOf(folder)), { kind: 'not-found', message: /^corpus: / });
  await assert.rejects(runHarvest({ ...config, contextLength: 65, tokens: 650 }, contextOf(folder)), { kind: 'bad-config', message: /^contextLength/ });
  assert.throws(() => openStore(config.out), { kind: 'not-found' });
});

test('with gradients a store holds, beside each hook, the gradient of the loss there', async (t) => {
  const { folder, config } = setting(t, { gradients: true });
  const result = await runHarvest(config, contextOf(folder));
  assert.deepEqual(result['hooks'], [...config.hooks, ...config.hooks.map((hook) => `${hook}.grad`)]);
  const [store, model] = [openStore(config.out), await loadModel(config.model)];
  t.after(() => { store.close(); model.dispose(); });
  assert.equal(store.manifest.harvest?.gradients, true);
  const contexts = { tokens: store.tokens(5, 1), documents: store.documents(5, 1), batch: 1, length: 32, isolate: false };
  for (const [hook, gradient] of lossGradients(model, contexts, config.hooks)) {
    const stored = store.activations(`${hook}.grad`, 5, 1);
    assert.ok(gradient.some((value) => value !== 0) && stored.every((value, i) => Math.abs(value - gradient[i]!) < 1e-4), hook);
  }
});
