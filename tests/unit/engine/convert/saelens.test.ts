import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { metadataFor, saeLens } from '../../../../src/engine/convert/saelens.ts';
import { openSafetensors, writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { editJson } from '../../../support/damage.ts';
import { assertRoundTrip, casePath, dictionaryFixtures, someWeights } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const read = (path: string): ReturnType<typeof saeLens.read> => saeLens.read(path, path);
const cases = readdirSync(dictionaryFixtures).filter((name) => name.startsWith('saelens-'));

test('each architecture keeps every bit through writing and reading, and its name', (t) => {
  const written = Object.fromEntries(cases.map((name) => [name.slice('saelens-'.length), assertRoundTrip(t, saeLens, casePath(name)).about.architecture]));
  assert.deepEqual(written, {
    abstopk: 'abstopk', batchtopk: 'jumprelu', gated: 'gated', 'jumprelu-centred': 'jumprelu', 'jumprelu-skip-transcoder': 'jumprelu_skip_transcoder',
    'jumprelu-transcoder': 'jumprelu', 'matching-pursuit': 'matching_pursuit', 'matching-pursuit-until-repeat': 'matching_pursuit', matryoshka: 'jumprelu', old: 'topk', 'skip-transcoder': 'skip_transcoder', transcoder: 'transcoder',
  });
});

test('a pursuit without a number of steps takes as many as it has dimensions', () => {
  assert.deepEqual(read(casePath('saelens-matching-pursuit-until-repeat')).weights.form, { kind: 'matching-pursuit', steps: 6, tolerance: 0.01, untilRepeat: true });
  assert.deepEqual(read(casePath('saelens-matching-pursuit')).weights.form, { kind: 'matching-pursuit', steps: 6, tolerance: 0.3, untilRepeat: false });
});

test('a transcoder of equal widths is called one where its target is known', (t) => {
  const { weights, about } = read(casePath('saelens-jumprelu-transcoder'));
  const place = temporaryFolder(t);
  saeLens.write(place, { weights, about: { ...about, targetHook: 'blocks.1.hook_mlp_out' }, notes: [] }, place);
  const back = read(place);
  assert.deepEqual([back.about.architecture, back.about.targetHook, back.weights], ['jumprelu_transcoder', 'blocks.1.hook_mlp_out', weights]);
});

test('the configs before and after 6 of one dictionary load to equal weights', (t) => {
  const old = casePath('saelens-old');
  const folder = join(temporaryFolder(t), 'six');
  cpSync(old, folder, { recursive: true });
  writeFileSync(join(folder, 'cfg.json'), JSON.stringify({ architecture: 'topk', d_in: 6, d_sae: 10, k: 3, metadata: { sae_lens_version: '6.54.12' } }));
  assert.deepEqual(read(folder).weights, read(old).weights);
});

test('an unfolded scale is taken from the scaler beside it, and folded', (t) => {
  const folder = join(temporaryFolder(t), 'd');
  cpSync(casePath('saelens-jumprelu-centred'), folder, { recursive: true });
  const plain = read(folder).weights;
  editJson(join(folder, 'cfg.json'), (config) => { config['normalize_activations'] = 'expected_average_only_in'; });
  writeFileSync(join(folder, 'activation_scaler.json'), JSON.stringify({ scaling_factor: 4, has_whitening: false }));
  const { weights } = read(folder);
  assert.deepEqual([weights.bDec, weights.wDec], [plain.bDec.map((v) => v / 4), plain.wDec]);
  writeFileSync(join(folder, 'activation_scaler.json'), JSON.stringify({ scaling_factor: null }));
  assert.throws(() => read(folder), { kind: 'unsupported', message: /Fold it into the weights/ });
});

test('a fine-tuned factor a latent goes into the rows of the decoder', (t) => {
  const folder = join(temporaryFolder(t), 'd');
  cpSync(casePath('saelens-old'), folder, { recursive: true });
  const plain = read(folder).weights;
  const path = join(folder, 'sae_weights.safetensors');
  const file = openSafetensors(path);
  const tensors = Object.fromEntries([...file.entries].map(([name, { shape }]) => [name, { dtype: 'F32' as const, shape: [...shape], data: file.readFloat32(name) }]));
  file.close();
  writeSafetensors(path, { ...tensors, scaling_factor: { dtype: 'F32', shape: [10], data: Float32Array.from({ length: 10 }, (_, j) => j + 1) } });
  const { weights } = read(folder);
  assert.deepEqual(weights.wDec, plain.wDec.map((value, i) => value * (Math.floor(i / 6) + 1)));
  assert.deepEqual(weights.wEnc, plain.wEnc);
});

test('what would compute something else is refused', (t) => {
  const changed = (name: string, change: (config: Record<string, unknown>) => void): string => {
    const folder = join(temporaryFolder(t), 'd');
    cpSync(casePath(name), folder, { recursive: true });
    editJson(join(folder, 'cfg.json'), change);
    return folder;
  };
  assert.throws(() => read(changed('saelens-gated', (c) => { c['architecture'] = 'matryoshka_batchtopk'; })), { kind: 'unsupported', message: /save_inference_model/ });
  assert.throws(() => read(changed('saelens-gated', (c) => { c['architecture'] = 'temporal'; })), { kind: 'unsupported', message: /"temporal" cannot be loaded; supported: standard/ });
  assert.throws(() => read(changed('saelens-transcoder', (c) => { c['normalize_activations'] = 'layer_norm'; })), { kind: 'unsupported', message: /transcoder with normalize_activations/ });
  assert.throws(() => read(changed('saelens-transcoder', (c) => { delete c['d_out']; })), { kind: 'bad-file', message: /W_dec is \[10, 8\].*want \[10, 6\]/ });
  assert.throws(() => read(changed('saelens-skip-transcoder', (c) => { c['architecture'] = 'gated'; })), { kind: 'bad-file', message: /no tensor b_gate|W_dec is/ });
  const write = (weights: Parameters<typeof saeLens.write>[1]['weights']): void => void saeLens.write(temporaryFolder(t), { weights, about: unknownAbout, notes: [] }, 'd');
  assert.throws(() => write(someWeights({ kind: 'topk', k: 2 }, { centresInput: false, wSkip: new Float32Array(36) })), { kind: 'unsupported', message: /no architecture for form topk with a skip connection/ });
  assert.throws(() => write(someWeights({ kind: 'relu' }, { wSkip: new Float32Array(36) })), { kind: 'unsupported' });
  assert.throws(() => write(someWeights({ kind: 'matching-pursuit', steps: 2, tolerance: 0 }, { centresInput: false })), { kind: 'unsupported' });
});

test('normalisations are written by SAELens\' names, and unknown metadata by harmless ones', (t) => {
  const place = temporaryFolder(t);
  saeLens.write(place, { weights: someWeights({ kind: 'topk', k: 2 }, { inputNorm: 'layer-norm' }), about: unknownAbout, notes: [] }, place);
  const config = JSON.parse(readFileSync(join(place, 'cfg.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual([config['normalize_activations'], config['k'], config['rescale_acts_by_decoder_norm']], ['layer_norm', 2, false]);
  assert.deepEqual(metadataFor(unknownAbout), { modelName: 'unknown', hookPoint: '', targetHook: undefined, contextLength: 128, prependBos: true });
});
