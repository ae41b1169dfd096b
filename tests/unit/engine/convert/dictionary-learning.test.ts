import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { dictionaryLearning } from '../../../../src/engine/convert/dictionary-learning.ts';
import { writeTorch } from '../../../../src/engine/formats/torch-writer.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { editJson } from '../../../support/damage.ts';
import { assertRoundTrip, casePath, someWeights } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const read = (path: string): ReturnType<typeof dictionaryLearning.read> => dictionaryLearning.read(path, path);
const cases = ['standard', 'april', 'p-anneal', 'gated', 'gated-anneal', 'jumprelu', 'topk', 'batchtopk', 'matryoshka'];

function copyOf(t: TestContext, name: string): string {
  const folder = join(temporaryFolder(t), 'trainer_0');
  cpSync(casePath(`dictionary-learning-${name}`), folder, { recursive: true });
  return folder;
}

test('each class keeps every bit through writing and reading, and is written as a class that computes the same', (t) => {
  const written = Object.fromEntries(cases.map((name) => [name, assertRoundTrip(t, dictionaryLearning, casePath(`dictionary-learning-${name}`)).about.architecture]));
  assert.deepEqual(written, {
    standard: 'AutoEncoder', april: 'AutoEncoderNew', 'p-anneal': 'AutoEncoder', gated: 'GatedAutoEncoder', 'gated-anneal': 'GatedAutoEncoder', jumprelu: 'JumpReluAutoEncoder',
    topk: 'AutoEncoderTopK', batchtopk: 'BatchTopKSAE', matryoshka: 'BatchTopKSAE',
  });
});

test('the tensors tell the class, also where config.json names another: the April trainer always says AutoEncoder', () => {
  const config = JSON.parse(readFileSync(join(casePath('dictionary-learning-april'), 'config.json'), 'utf8')) as { trainer: { dict_class: string } };
  assert.equal(config.trainer.dict_class, 'AutoEncoder');
  const { weights, about } = read(casePath('dictionary-learning-april'));
  assert.deepEqual([about.architecture, weights.centresInput], ['AutoEncoderNew', false]);
});

test('forms, centring and what config.json says', () => {
  const summary = cases.map((name) => {
    const { weights: { form, centresInput, dIn, dSae }, about } = read(casePath(`dictionary-learning-${name}`));
    assert.deepEqual([dIn, dSae, about.modelName, about.hookPoint, about.contextLength], [6, 10, 'EleutherAI/pythia-70m', 'blocks.3.hook_resid_post', 64]);
    return `${name} ${form.kind} ${centresInput} ${about.k}`;
  });
  assert.deepEqual(summary, [
    'standard relu true null', 'april relu false null', 'p-anneal relu true null', 'gated gated true null', 'gated-anneal gated true null', 'jumprelu jumprelu false null',
    'topk topk true 3', 'batchtopk jumprelu true 3', 'matryoshka jumprelu true 3',
  ]);
});

test('a checkpoint finds the config of its run; TopK and BatchTopK are not guessed without one', (t) => {
  const folder = copyOf(t, 'batchtopk');
  mkdirSync(join(folder, 'checkpoints'));
  const checkpoint = join(folder, 'checkpoints', 'ae_100.pt');
  cpSync(join(folder, 'ae.pt'), checkpoint);
  assert.ok(dictionaryLearning.detect(checkpoint));
  assert.equal(read(checkpoint).about.architecture, 'BatchTopKSAE');
  rmSync(join(folder, 'config.json'));
  assert.throws(() => read(checkpoint), { kind: 'bad-file', message: /TopK and BatchTopK have the same tensors.*dict_class/ });
  const plain = copyOf(t, 'gated');
  rmSync(join(plain, 'config.json'));
  assert.equal(read(plain).about.hookPoint, null);
});

test('a k that two files disagree on, and wrong tensors, are refused by name', (t) => {
  const folder = copyOf(t, 'topk');
  editJson(join(folder, 'config.json'), (config) => { (config['trainer'] as { k: number }).k = 4; });
  assert.throws(() => read(folder), { kind: 'mismatch', message: /k is 3, and config\.json says 4/ });
  const vector = (length: number): { shape: number[]; data: Float32Array } => ({ shape: [length], data: new Float32Array(length) });
  const matrix = (rows: number, columns: number): { shape: number[]; data: Float32Array } => ({ shape: [rows, columns], data: new Float32Array(rows * columns) });
  const path = join(temporaryFolder(t), 'ae.pt');
  writeTorch(path, { bias: vector(6), 'encoder.weight': matrix(10, 6), 'encoder.bias': vector(10), 'decoder.weight': matrix(10, 6) });
  assert.throws(() => read(path), { kind: 'bad-file', message: /decoder\.weight is \[10, 6\].*want \[6, 10\]\. It looks transposed/ });
  writeTorch(path, { bias: vector(6), 'encoder.weight': matrix(10, 6), 'encoder.bia': vector(10), 'decoder.weight': matrix(6, 10) });
  assert.throws(() => read(path), { kind: 'bad-file', message: /no tensor encoder\.bias \[10\].*nearest is encoder\.bia/ });
  writeTorch(path, { 'encoder.weight': matrix(2, 6), 'encoder.bias': vector(2), 'decoder.weight': matrix(6, 2), b_dec: vector(6), k: { shape: [], data: Int32Array.of(3) } });
  cpSync(join(casePath('dictionary-learning-topk'), 'config.json'), join(path, '..', 'config.json'));
  assert.throws(() => read(path), { kind: 'bad-file', message: /k is 3.*from 1 to 2/ });
});

test('an unset threshold (-1) lets every positive value pass', (t) => {
  const folder = copyOf(t, 'batchtopk');
  const { weights, about } = read(folder);
  const unset: DictionaryWeights = { ...weights, form: { kind: 'jumprelu', threshold: new Float32Array(10).fill(-1) } };
  const place = temporaryFolder(t);
  dictionaryLearning.write(place, { weights: unset, about, notes: [] }, place);
  assert.deepEqual(read(place).weights.form, unset.form);
});

test('what its classes cannot compute is refused', (t) => {
  const write = (weights: DictionaryWeights): readonly string[] => dictionaryLearning.write(temporaryFolder(t), { weights, about: unknownAbout, notes: [] }, 'd');
  const refused = (weights: DictionaryWeights, message: RegExp): void => void assert.throws(() => write(weights), { kind: 'unsupported', message });
  refused(someWeights({ kind: 'abs-topk', k: 2 }), /by magnitude/);
  refused(someWeights({ kind: 'matching-pursuit', steps: 2, tolerance: 0 }), /matching pursuit/);
  refused(someWeights({ kind: 'relu' }, { wSkip: new Float32Array(36) }), /skip connection/);
  refused(someWeights({ kind: 'relu' }, { dOut: 5, centresInput: false }), /their own input/);
  refused(someWeights({ kind: 'topk', k: 2 }, { inputNorm: 'layer-norm' }), /normalisation/);
  assert.match(write(someWeights({ kind: 'topk', k: 2 }, { centresInput: false })).join(), /moved into the input/);
});
