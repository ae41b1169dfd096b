import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Corpus } from '../../../../src/engine/corpora/definition.ts';
import { harvestConfigSchema, type HarvestConfig } from '../../../../src/engine/harvest/config.ts';
import { freeBytesAt, harvest, type HarvestParts } from '../../../../src/engine/harvest/run.ts';
import { openStore } from '../../../../src/engine/store/open.ts';
import { verifyStore } from '../../../../src/engine/store/verify.ts';
import { fakeModel, fakeTokenizer, useCpu, type FakeModelChanges } from '../../../support/fake-model.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

before(useCpu);

const texts = Array.from({ length: 40 }, (_, i) => `document ${i} ${'xyz'.repeat(i % 5)}`);

function memoryCorpus(documents: readonly string[] = texts): Corpus {
  return {
    name: 'memory', sources: ['memory'], listing: false,
    async *documents() { for (const [i, text] of documents.entries()) yield { id: String(i), text }; },
  };
}

function configOf(out: string, changes: Partial<HarvestConfig> = {}): HarvestConfig {
  // 3 contexts of 8 tokens a pass; a context takes 8 * (8 + 2 * 4 * 2) = 192 bytes, so a shard of 1,300 bytes holds 2 passes.
  return harvestConfigSchema.parse({
    model: 'fake', hooks: ['blocks.0.hook_resid_post', 'blocks.1.hook_resid_post'], corpus: 'memory', out,
    tokens: 160, contextLength: 8, batch: 3, shardMegabytes: 0.0013, ...changes,
  });
}

interface Run {
  readonly model?: FakeModelChanges;
  readonly corpus?: Corpus;
  readonly signal?: AbortSignal;
  readonly parts?: Partial<HarvestParts>;
  readonly log?: string[];
}

async function run(config: HarvestConfig, { model, corpus = memoryCorpus(), signal = new AbortController().signal, parts, log = [] }: Run = {}): ReturnType<typeof harvest> {
  return harvest(config, { model: fakeModel(model), corpus, backend: 'cpu', ...parts }, { signal, progress: () => {}, log: (line) => log.push(line) });
}

/** The hash of every file of a folder, by name. */
function filesOf(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).sort().map((name) => [name, createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')]));
}

async function reference(t: TestContext, changes: Partial<HarvestConfig> = {}, options: Run = {}): Promise<Record<string, string>> {
  const folder = join(temporaryFolder(t), 'reference');
  await run(configOf(folder, changes), options);
  return filesOf(folder);
}

test('a harvest stores each token with its document and its activations at every hook', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  const manifest = await run(configOf(out));
  assert.equal(manifest.contexts, 20);
  assert.deepEqual(manifest.shards.map(({ contexts }) => contexts), [6, 6, 6, 2]);
  assert.equal(manifest.complete, true);
  const store = openStore(out);
  t.after(() => store.close());
  // Document 0 is 'document 0 ' (11 characters) and EOS: the second context begins at its character 8.
  assert.equal(String.fromCharCode(...store.tokens(1, 1)), ' 0 \x02docu');
  assert.deepEqual([...store.documents(1, 1)], [0, 0, 0, 0, 1, 1, 1, 1]);
  assert.deepEqual([...store.mask(1, 1)], [0, 1, 1, 0, 1, 1, 1, 1]);
  // token + position / 1000 + column / 8 (+ 1000 at the second hook), in half precision: '0' is 48 at position 1.
  const row = store.activations('blocks.0.hook_resid_post', 1, 1).slice(4, 8);
  for (const [column, value] of row.entries()) assert.ok(Math.abs(value - (48 + 0.001 + column / 8)) < 0.02, `${value}`);
  assert.ok(Math.abs(store.activations('blocks.1.hook_resid_post', 1, 1)[4]! - 1048) < 0.6);
});

test('float32 stores the values bit by bit', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  await run(configOf(out, { dtype: 'float32', hooks: ['blocks.0.hook_resid_post'] }));
  const store = openStore(out);
  t.after(() => store.close());
  const tokens = store.tokens(0, 20);
  const values = store.activations('blocks.0.hook_resid_post', 0, 20);
  for (const [i, value] of values.entries()) assert.equal(value, Math.fround(tokens[i >> 2]! + ((i >> 2) % 8) / 1000 + (i % 4) / 8));
});

test('stopped after any batch and run again, a harvest ends with the same bytes', async (t) => {
  const whole = await reference(t);
  for (let stopAfter = 1; stopAfter < 7; stopAfter++) {
    const out = join(temporaryFolder(t), `stopped-${stopAfter}`);
    const controller = new AbortController();
    let passes = 0;
    const onRun = (): void => { if (++passes === stopAfter) controller.abort(); };
    await assert.rejects(run(configOf(out), { signal: controller.signal, model: { onRun } }), { kind: 'cancelled' });
    let again = 0;
    await run(configOf(out), { model: { onRun: () => again++ } });
    // 6 + 6 + 6 + 2 contexts in passes of 3 are 2 + 2 + 2 + 1 passes.
    assert.equal(again, 7 - stopAfter, 'batches done before are not done again');
    assert.deepEqual(filesOf(out), whole);
  }
});

test('a harvest that is complete is not done again', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  await run(configOf(out));
  const files = filesOf(out);
  const manifest = await run(configOf(out), { model: { onRun: () => assert.fail('the model ran') }, parts: { freeBytes: () => 0 } });
  assert.equal(manifest.complete, true);
  assert.deepEqual(filesOf(out), files);
});

test('a partial shard that is not what the progress file says is begun again', async (t) => {
  const whole = await reference(t);
  const out = join(temporaryFolder(t), 'store');
  const controller = new AbortController();
  let passes = 0;
  await assert.rejects(run(configOf(out), { signal: controller.signal, model: { onRun: () => { if (++passes === 3) controller.abort(); } } }), { kind: 'cancelled' });
  assert.ok(existsSync(join(out, 'progress.json')));
  writeFileSync(join(out, 'shard-00001.safetensors.partial'), 'junk');
  await run(configOf(out));
  assert.deepEqual(filesOf(out), whole);
});

test('a corpus that ends early leaves a shorter whole store, the same however often it was stopped', async (t) => {
  const log: string[] = [];
  const corpus = memoryCorpus(texts.slice(0, 5)); // 11 + 14 + 17 + 20 + 23 characters and 5 EOS: 90 tokens, 11 contexts
  const whole = await reference(t, {}, { corpus, log });
  assert.match(log.join('\n'), /the corpus ended after 11 of 20 contexts/);
  const out = join(temporaryFolder(t), 'store');
  const controller = new AbortController();
  let passes = 0;
  await assert.rejects(run(configOf(out), { corpus, signal: controller.signal, model: { onRun: () => { if (++passes === 3) controller.abort(); } } }), { kind: 'cancelled' });
  const manifest = await run(configOf(out), { corpus });
  assert.deepEqual(manifest.shards.map(({ contexts }) => contexts), [6, 5]);
  assert.deepEqual(filesOf(out), whole);
  assert.deepEqual((await verifyStore(out)).problems, []);
});

test('the seed decides the order of the documents', async (t) => {
  const [a, again, b] = [await reference(t, { shuffle: 'on', seed: 1 }), await reference(t, { shuffle: 'on', seed: 1 }), await reference(t, { shuffle: 'on', seed: 2 })];
  assert.deepEqual(a, again);
  assert.notEqual(a['shard-00000.safetensors'], b['shard-00000.safetensors']);
});

test('isolation hands the documents to the model, and their first tokens do not count', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  const seen: boolean[] = [];
  await run(configOf(out, { isolate: true }), { model: { onRun: (tokens, options) => seen.push(options?.documents?.length === tokens.length) } });
  assert.ok(seen.length > 0 && seen.every(Boolean));
  const store = openStore(out);
  t.after(() => store.close());
  assert.deepEqual([...store.mask(1, 1)], [0, 1, 1, 0, 0, 1, 1, 1]);
});

test('a disk that is too small is refused before anything is written, with both figures', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  await assert.rejects(run(configOf(out), { parts: { freeBytes: () => 1000 } }), { kind: 'no-space', message: /needs 0\.3 MB more and 0\.0 MB are free/, detail: /free 1000 bytes/ });
  assert.equal(existsSync(out), false);
  assert.ok(freeBytesAt(join(out, 'not', 'there')) > 0);
});

test('NaN stops the harvest with its hook and context, and what is whole is kept', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  let passes = 0;
  const model: FakeModelChanges = { onRun: () => { passes++; }, value: (token, position, column, hook) => (passes === 4 && hook === 1 && position === 5 && column === 2 ? NaN : token) };
  await assert.rejects(run(configOf(out), { model }), { kind: 'not-finite', message: /NaN \(blocks\.1\.hook_resid_post at context 9, position 5\)/ });
  const store = openStore(out, { allowIncomplete: true });
  t.after(() => store.close());
  assert.equal(store.manifest.contexts, 6);
  assert.throws(() => openStore(out), { kind: 'conflict', message: /incomplete/ });
});

test('what does not fit float16 is refused by name of the argument, and stored in float32', async (t) => {
  const folder = temporaryFolder(t);
  const model: FakeModelChanges = { value: () => 70_000 };
  await assert.rejects(run(configOf(join(folder, 'a')), { model }), { kind: 'bad-request', message: /^dtype: the activation 70000/ });
  assert.equal(existsSync(join(folder, 'a')), false, 'nothing is left of a harvest without a context');
  await run(configOf(join(folder, 'b'), { dtype: 'float32' }), { model });
});

test('other settings, other models and other files in the folder are a conflict that names them', async (t) => {
  const folder = temporaryFolder(t);
  const out = join(folder, 'store');
  await run(configOf(out));
  await assert.rejects(run(configOf(out, { seed: 5 })), { kind: 'conflict', message: /seed 0 and not 5/ });
  await assert.rejects(run(configOf(out), { model: { hash: 'b'.repeat(64) } }), { kind: 'conflict', message: /model "aaa/ });
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  await assert.rejects(run(configOf(folder)), { kind: 'conflict', message: /not empty/ });
  await assert.rejects(run(configOf(join(folder, 'notes.txt'))), { kind: 'conflict', message: /a file/ });
  assert.deepEqual(readdirSync(folder).sort(), ['notes.txt', 'store']);
});

test('a corpus that changed is refused when the harvest goes on', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  const controller = new AbortController();
  await assert.rejects(run(configOf(out), { signal: controller.signal, model: { onRun: () => controller.abort() } }), { kind: 'cancelled' });
  await assert.rejects(run(configOf(out), { corpus: memoryCorpus(['other', ...texts]) }), { kind: 'mismatch' });
});

test('a corpus without one whole context is refused and leaves nothing', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  await assert.rejects(run(configOf(out), { corpus: memoryCorpus(['abc']) }), { kind: 'bad-request', message: /fewer than the 8 tokens/ });
  assert.equal(existsSync(out), false);
});

test('bad hooks and lengths are refused before anything runs', async (t) => {
  const out = join(temporaryFolder(t), 'store');
  await assert.rejects(run(configOf(out, { hooks: ['blocks.0.hook_resid_pots'] })), { kind: 'not-found', message: /nearest blocks\.0\.hook_resid_post/ });
  await assert.rejects(run(configOf(out, { hooks: ['blocks.0.attn.hook_pattern'] })), { kind: 'unsupported', message: /not one vector a token/ });
  await assert.rejects(run(configOf(out, { contextLength: 65, tokens: 650 })), { kind: 'bad-config', message: /contextLength: 65 is more than fake takes \(64\)/ });
  assert.equal(existsSync(out), false);
});

test('no tensor is left behind', async (t) => {
  const count = tf.memory().numTensors;
  await run(configOf(join(temporaryFolder(t), 'store')), { model: { tokenizer: fakeTokenizer() } });
  assert.equal(tf.memory().numTensors, count);
});
