import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { evaluate, inferenceOf, selfCheck } from '../../../../src/engine/eval/evaluate.ts';
import type { EvaluateConfig } from '../../../../src/engine/eval/evaluate.ts';
import { ReconstructionSums } from '../../../../src/engine/eval/reconstruction-sums.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { openStore } from '../../../../src/engine/store/open.ts';
import type { MetricRecord } from '../../../../src/shared/schema/evaluation.ts';
import { assertClose } from '../../../support/closeness.ts';
import { evaluatedSetting, hook, target } from '../../../support/evaluated.ts';
import type { EvaluatedSetting } from '../../../support/evaluated.ts';
import { quietContext } from '../../../support/trained.ts';

let at: EvaluatedSetting;
const ends: (() => void)[] = [];
before(async () => {
  await loadBackend();
  at = await evaluatedSetting({ after: (end: () => void) => void ends.push(end) });
});
after(() => ends.forEach((end) => end()));

const configOf = (changes: Partial<EvaluateConfig> = {}): EvaluateConfig => ({
  dictionary: at.dictionary, activations: at.store, model: null, corpus: null, hook: null, targetHook: null, tokens: null, contextLength: 32, metrics: null,
  spliceTokens: 200, spliceBatch: 2, ...changes,
});
const valueOf = (records: readonly MetricRecord[], id: string, set = 'counted'): number | null => records.find((record) => record.id === id && record.tokens.set === set)!.value;

test('figures come with what they were taken over, are printed and kept beside the dictionary', async () => {
  const { records, json } = await evaluate(configOf(), quietContext(at.folder));
  const store = openStore(at.store);
  const dictionary = await loadDictionary(at.dictionary);
  const [x, mask] = [store.activations(hook, 0, 40), store.mask(0, 40)];
  const y = dictionary.reconstruct(x, 1280);
  const sums = new ReconstructionSums(16);
  mask.forEach((counts, row) => counts === 1 && sums.addRow(x, y, row * 16));
  const { manifest } = store;
  store.close();
  assertClose([valueOf(records, 'fvu')!, json['fvu'] as number], [sums.result().fvu, sums.result().fvu], 1e-6);
  const fvu = records.find(({ id, tokens }) => id === 'fvu' && tokens.set === 'counted')!;
  assert.deepEqual(
    [fvu.tokens.count, fvu.hookPoint, fvu.inference, fvu.dtype, fvu.definition],
    [sums.rows, hook, 'relu', 'float32 activations, float64 sums', 'sum |x - y|^2 / sum |x - mean(x)|^2'],
  );
  assert.match(fvu.model!, new RegExp(manifest.model.hash.slice(0, 12)));
  assert.ok(records.every(({ mask: words, normalisation, codeVersion, data }) => [words, normalisation, codeVersion, data].every((text) => text !== '')));
  const kept = JSON.parse(readFileSync(join(at.dictionary, 'eval.json'), 'utf8')) as { records: MetricRecord[] };
  assert.deepEqual(kept.records, JSON.parse(JSON.stringify(records)));
  assert.equal(inferenceOf(dictionary), 'relu');
  dictionary.dispose();
});

test('with the model, what the dictionary costs; with weights and histograms, those', async () => {
  const { records, downstream, histograms } = await evaluate(configOf({ model: at.model, metrics: 'all' }), quietContext(at.folder));
  assert.ok(downstream!.tokens > 100 && Number.isFinite(downstream!.lossRecovered));
  const recovered = records.find(({ id }) => id === 'lossRecoveredMean')!;
  assert.deepEqual([recovered.ablation, recovered.value], ['mean', downstream!.lossRecoveredMean]);
  assert.deepEqual(Object.keys(histograms!).sort(), ['decoderNorm', 'density', 'encoderBias', 'encoderDecoderCosine']);
  // streamed about the mean, SAELens 6.54 means what we mean
  assertClose([records.find(({ id }) => id === 'compat.saelens_6_54.explained_variance')!.value!], [valueOf(records, 'ev')!], 1e-9);
  assert.equal(records.find(({ id }) => id === 'compat.sparsify.fvu')!.batchRows, 512);
  const coherence = valueOf(records, 'coherence')!;
  assert.ok(coherence > 0.3 && coherence < 1);
});

test('without a store the model runs over the corpus, with the same figures', async () => {
  const stored = await evaluate(configOf({ metrics: 'fvu,l0' }), quietContext(at.folder));
  const streamed = await evaluate(configOf({ activations: null, model: at.model, corpus: at.corpus, tokens: 1280, metrics: 'fvu,l0' }), quietContext(at.folder));
  assertClose([valueOf(streamed.records, 'fvu')!, valueOf(streamed.records, 'l0')!], [valueOf(stored.records, 'fvu')!, valueOf(stored.records, 'l0')!], 1e-5);
});

test('with a store and a corpus the figures are those of the store, and the costs those of the corpus', async () => {
  const { records } = await evaluate(configOf({ model: at.model, corpus: at.corpus, metrics: 'fvu,deltaCe' }), quietContext(at.folder));
  const dataOf = (id: string): string => records.find((record) => record.id === id)!.data;
  assert.match(dataOf('fvu'), /^store /);
  assert.match(dataOf('deltaCe'), /^corpus .*contexts of 32 tokens$/);
});

test('figures that cannot be kept are given all the same, and that is said', { skip: process.getuid?.() === 0 ? 'root may write anywhere' : false }, async () => {
  chmodSync(at.dictionary, 0o555);
  const said: string[] = [];
  try {
    const { records } = await evaluate(configOf({ metrics: 'fvu' }), quietContext(at.folder, undefined, { log: (line) => said.push(line) }));
    assert.equal(records.length, 4);
    assert.match(said.join(), /not kept/);
  } finally {
    chmodSync(at.dictionary, 0o755);
  }
});

test('a transcoder is measured at the hook that it predicts', async () => {
  const config = configOf({ dictionary: at.transcoder, targetHook: target, model: at.model, metrics: 'fvu,ceZero,deltaCe' });
  const { records } = await evaluate(config, quietContext(at.folder));
  const store = openStore(at.store);
  const dictionary = await loadDictionary(at.transcoder);
  const [x, y, mask] = [store.activations(hook, 0, 40), store.activations(target, 0, 40), store.mask(0, 40)];
  const predicted = dictionary.reconstruct(x, 1280);
  const sums = new ReconstructionSums(16);
  mask.forEach((counts, row) => counts === 1 && sums.addRow(y, predicted, row * 16));
  dictionary.dispose();
  store.close();
  assertClose([valueOf(records, 'fvu')!], [sums.result().fvu], 1e-6);
  assert.ok(Number.isFinite(valueOf(records, 'ceZero')));
});

test('what does not belong together is refused, and a stop is heard', async () => {
  const refused = (changes: Partial<EvaluateConfig>): Promise<unknown> => evaluate(configOf(changes), quietContext(at.folder));
  await assert.rejects(refused({ metrics: 'deltaCe' }), { kind: 'bad-request', message: /--model/ });
  await assert.rejects(refused({ metrics: 'fvv' }), { kind: 'bad-request', message: /did you mean fvu\?/ });
  await assert.rejects(refused({ hook: 'blocks.9.hook_resid_post' }), { kind: 'not-found', message: /blocks\.0\.hook_resid_post/ });
  await assert.rejects(refused({ activations: null }), { kind: 'bad-request', message: /--activations/ });
  await assert.rejects(evaluate(configOf(), quietContext(at.folder, AbortSignal.abort())), { kind: 'cancelled' });
});

test('the self-check runs through the same code, with and without a model', async () => {
  const without = await selfCheck(configOf({ hook }), quietContext(at.folder));
  const withModel = await selfCheck(configOf({ hook, model: at.model }), quietContext(at.folder));
  assert.deepEqual([...without, ...withModel].filter(({ ok }) => !ok), []);
  assert.ok(withModel.length > without.length + 8);
});
