import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { downstreamFigures, meanAblation, spliceOver, SpliceSums, zeroAblation } from '../../../../src/engine/eval/downstream.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { Random } from '../../../../src/engine/random.ts';
import { LoadedDictionary } from '../../../../src/engine/sae/inference.ts';
import { assertClose } from '../../../support/closeness.ts';
import { floatsOf, readDownstream } from '../../../support/metric-fixtures.ts';
import { provenance } from '../../../support/provenance.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { writeTinyLlama } from '../../../support/tiny-llama.ts';

const hook = 'blocks.0.hook_resid_post';
const tokens = Int32Array.from({ length: 24 }, (_, i) => (37 * i + 11) % 256);
/** Three contexts of eight, position 0 masked. */
const batch = { tokens, batch: 3, length: 8, mask: Uint8Array.from(tokens, (_, i) => Number(i % 8 !== 0)) };
const models: LanguageModel[] = [];
const same = (x: Float32Array): Float32Array => x;

before(async () => void (await loadBackend()));
after(() => models.forEach((model) => model.dispose()));

async function tiny(t: Parameters<typeof temporaryFolder>[0]): Promise<LanguageModel> {
  const folder = temporaryFolder(t);
  writeTinyLlama(folder, 5);
  const model = await loadModel(folder);
  models.push(model);
  return model;
}

test('the identity costs nothing, nothing recovers nothing, the mean equals the mean ablation (metrics.md section 4)', async (t) => {
  const model = await tiny(t);
  const mean = Random.from(1).normals(16);
  const ablations = { zero: zeroAblation(16), mean: meanAblation(mean) };
  const place = { read: hook, write: hook };
  const figures = async (dictionary: (x: Float32Array, rows: number) => Float32Array): Promise<ReturnType<typeof downstreamFigures>> =>
    downstreamFigures(await spliceOver(model, place, [batch], { dictionary, ...ablations }));
  const identity = await figures(same);
  assertClose([identity.lossRecovered, identity.lossRecoveredMean, identity.deltaCe, identity.kl, identity.klScore], [1, 1, 0, 0, 1], 1e-4);
  // positions 1 to 6 of each context are scored: 0 does not count, 7 has no next token
  assert.equal(identity.tokens, 18);
  assert.ok(Math.abs(identity.ceZero - identity.ce) > 0.01 && Math.abs(identity.ceMean - identity.ceZero) > 0.01);
  const nothing = await figures(ablations.zero);
  assertClose([nothing.lossRecovered, nothing.klScore], [0, 0], 1e-6);
  const average = await figures(ablations.mean);
  assertClose([average.ceSpliced, average.lossRecoveredMean, average.klScoreMean], [average.ceMean, 0, 0], 1e-6);
});

test('batches change nothing: means are of all tokens, not of batch means', async (t) => {
  const model = await tiny(t);
  const replacements = { dictionary: (x: Float32Array) => x.map((v) => 0.7 * v), zero: zeroAblation(16), mean: zeroAblation(16) };
  const part = (first: number, count: number): typeof batch => ({
    tokens: tokens.slice(first * 8, (first + count) * 8), batch: count, length: 8, mask: batch.mask.slice(first * 8, (first + count) * 8),
  });
  // the second part has fewer rows that count
  const uneven = part(2, 1);
  uneven.mask.fill(0, 0, 5);
  const joined = { ...batch, mask: Uint8Array.from([...batch.mask.subarray(0, 16), ...uneven.mask]) };
  const place = { read: hook, write: hook };
  const seen: number[] = [];
  const whole = await spliceOver(model, place, [joined], replacements);
  const parts = await spliceOver(model, place, [part(0, 2), uneven], replacements, async (n) => void seen.push(n));
  assert.deepEqual(seen, [12, 14]);
  assertClose(Object.values(downstreamFigures(parts)), Object.values(downstreamFigures(whole)), 1e-5);
});

test('a transcoder reads at one hook and is put at another', async (t) => {
  const model = await tiny(t);
  const read = 'blocks.1.ln2.hook_normalized';
  const seen: number[] = [];
  const place = { read, write: 'blocks.1.hook_mlp_out' };
  const dictionary = (x: Float32Array, rows: number): Float32Array => {
    seen.push(x.length, rows);
    return new Float32Array(rows * 16);
  };
  const { spliced } = await spliceOver(model, place, [batch], { dictionary, zero: zeroAblation(16) });
  assert.deepEqual(seen, [21 * 16, 21]);
  assert.equal(spliced['dictionary']!.crossEntropy, spliced['zero']!.crossEntropy);
  // what it read is the value there
  const { cache } = model.run(tokens, 3, 8, { names: [read], logits: false });
  const value = cache.get(read)!;
  const all = value.dataSync<'float32'>();
  value.dispose();
  let given = new Float32Array(0);
  await spliceOver(model, place, [batch], { dictionary: (x, rows) => ((given = x.slice()), new Float32Array(rows * 16)) });
  assertClose(given.subarray(0, 16), all.subarray(16, 32), 1e-6);
});

test('SAELens computes the same losses, KL and scores (tests/parity/metrics_reference.py)', async () => {
  const reference = readDownstream();
  const model = await loadModel(join(resolve(import.meta.dirname, '../../../..'), 'resources', 'tiny-llama'));
  models.push(model);
  const { d, n, contexts, figures } = reference;
  const dictionary = new LoadedDictionary({
    dIn: d, dOut: d, dSae: n, form: { kind: 'relu' }, centresInput: true, inputNorm: 'none', wSkip: null,
    wEnc: floatsOf(reference.W_enc), wDec: floatsOf(reference.W_dec), bEnc: floatsOf(reference.b_enc), bDec: new Float32Array(d),
  }, provenance());
  const all = { tokens: Int32Array.from(reference.tokens), batch: contexts, length: reference.tokens.length / contexts, mask: new Uint8Array(reference.tokens.length).fill(1) };
  const replacements = { dictionary: (x: Float32Array, rows: number) => dictionary.reconstruct(x, rows), zero: zeroAblation(d), mean: zeroAblation(d) };
  const means = await spliceOver(model, { read: reference.hook, write: reference.hook }, [all], replacements);
  dictionary.dispose();
  const { ce, ceSpliced, ceZero, lossRecovered } = downstreamFigures(means);
  const theirs = ['ce_loss_without_sae', 'ce_loss_with_sae', 'ce_loss_with_ablation', 'ce_loss_score', 'kl_div_with_sae_but_last', 'kl_div_with_ablation_but_last'].map((name) => figures[name]!);
  assertClose([ce, ceSpliced, ceZero, lossRecovered, means.spliced['dictionary']!.kl, means.spliced['zero']!.kl], theirs, 1e-4);
});

test('sums are ratios of totals', () => {
  const sums = new SpliceSums();
  sums.addOriginal(Float32Array.of(1, 2));
  sums.addOriginal(Float32Array.of(6));
  sums.add('a', { crossEntropy: Float32Array.of(4, 5), kl: Float32Array.of(0, 3) });
  sums.add('a', { crossEntropy: Float32Array.of(6), kl: Float32Array.of(0) });
  assert.deepEqual(sums.result(), { tokens: 3, crossEntropy: 3, spliced: { a: { crossEntropy: 5, kl: 1 } } });
});
