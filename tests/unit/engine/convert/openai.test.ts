import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { openai } from '../../../../src/engine/convert/openai.ts';
import { writeTorch } from '../../../../src/engine/formats/torch-writer.ts';
import type { TorchValue } from '../../../../src/engine/formats/torch-writer.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { assertRoundTrip, casePath, someWeights } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const read = (path: string): ReturnType<typeof openai.read> => openai.read(path, path);
const tensor = (...shape: number[]): { shape: number[]; data: Float32Array } => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) });
const state = { pre_bias: tensor(6), latent_bias: tensor(10), 'encoder.weight': tensor(10, 6), 'decoder.weight': tensor(6, 10) };

test('both activations keep every bit through writing and reading; TopK alone normalises its input', (t) => {
  const topk = assertRoundTrip(t, openai, casePath('openai-topk'));
  const relu = assertRoundTrip(t, openai, casePath('openai-relu'));
  assert.deepEqual([topk.weights.form, topk.weights.inputNorm, topk.weights.centresInput], [{ kind: 'topk', k: 3 }, 'layer-norm', true]);
  assert.deepEqual([relu.weights.form, relu.weights.inputNorm], [{ kind: 'relu' }, 'none']);
});

test('a tied decoder is the encoder; a file without an activation is ReLU', (t) => {
  const path = join(temporaryFolder(t), 'a.pt');
  const { 'decoder.weight': decoder, ...rest } = state;
  writeTorch(path, { ...rest, 'decoder.linear.weight': { ...decoder, shape: [10, 6] } });
  const { weights } = read(path);
  assert.deepEqual([weights.wDec, weights.form.kind], [weights.wEnc, 'relu']);
});

test('other activations, a wrong k and wrong shapes are refused', (t) => {
  const path = join(temporaryFolder(t), 'a.pt');
  const refused = (change: Readonly<Record<string, TorchValue>>, kind: string, message: RegExp): void => {
    writeTorch(path, { ...state, ...change });
    assert.throws(() => read(path), { kind, message });
  };
  refused({ activation: 'Identity' }, 'unsupported', /"Identity"/);
  refused({ activation: 'TopK', activation_state_dict: { k: 11, postact_fn: 'ReLU' } }, 'bad-file', /k is 11.*1 to 10/);
  refused({ activation: 'TopK' }, 'bad-file', /k is undefined/);
  refused({ activation: 'TopK', activation_state_dict: { k: 3, postact_fn: 'Identity' } }, 'unsupported', /followed by "Identity"/);
  refused({ 'decoder.weight': tensor(10, 6) }, 'bad-file', /decoder\.weight is \[10, 6\].*looks transposed/);
});

test('files are known by their biases; damaged ones are left to others', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'a.pt');
  assert.equal(openai.detect(path), false);
  writeTorch(path, state);
  assert.equal(openai.detect(path), true);
  assert.equal(openai.detect(folder), false);
  writeTorch(path, { ...state, pre_bias: 'gone' });
  assert.equal(openai.detect(path), false);
  writeFileSync(path, 'PK\x03\x04 and nothing else');
  assert.equal(openai.detect(path), false);
});

test('what its loader would compute differently is refused', (t) => {
  const write = (weights: DictionaryWeights): readonly string[] => openai.write(join(temporaryFolder(t), 'a.pt'), { weights, about: unknownAbout, notes: [] }, 'a.pt');
  assert.throws(() => write(someWeights({ kind: 'topk', k: 2 })), { kind: 'unsupported', message: /normalises each input of a TopK/ });
  assert.throws(() => write(someWeights({ kind: 'relu' }, { inputNorm: 'layer-norm' })), { kind: 'unsupported', message: /only where the activation is TopK/ });
  assert.throws(() => write(someWeights({ kind: 'jumprelu', threshold: new Float32Array(10) })), { kind: 'unsupported', message: /ReLU and TopK only/ });
  assert.match(write(someWeights({ kind: 'relu' }, { centresInput: false })).join(), /moved into the input/);
});
