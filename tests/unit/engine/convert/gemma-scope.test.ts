import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { gemmaScope } from '../../../../src/engine/convert/gemma-scope.ts';
import { openNpz, writeNpz } from '../../../../src/engine/formats/npz.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { assertClose } from '../../../support/closeness.ts';
import { assertRoundTrip, casePath, someWeights } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const read = (path: string): ReturnType<typeof gemmaScope.read> => gemmaScope.read(path, path);
const array = (...shape: number[]): { shape: number[]; data: Float32Array } => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) });

test('float32, and deflated float64, keep every bit through writing and reading', (t) => {
  for (const name of ['layer_20', 'float64-deflated']) {
    const { weights } = assertRoundTrip(t, gemmaScope, casePath(`gemma-scope-${name}`));
    assert.deepEqual([weights.form.kind, weights.centresInput, weights.dIn, weights.dSae], ['jumprelu', false, 6, 10]);
  }
});

test('in a folder called embedding, the scale sqrt(d) is folded when it is read and unfolded when it is written', (t) => {
  const path = casePath('gemma-scope-embedding');
  const first = read(path);
  const file = openNpz(join(path, 'params.npz'));
  // W_enc [6, 10]: the first column is the first latent's row
  assertClose(Array.from({ length: 6 }, (_, i) => first.weights.wEnc[i]! * Math.sqrt(6)), Array.from({ length: 6 }, (_, i) => file.readFloat32('W_enc')[i * 10]!), 1e-6);
  assertClose(first.weights.wDec.map((value) => value / Math.sqrt(6)), file.readFloat32('W_dec'), 1e-6);
  assert.equal(first.about.hookPoint, 'hook_embed');
  const place = join(temporaryFolder(t), 'embedding');
  mkdirSync(place);
  gemmaScope.write(place, first, place);
  const back = openNpz(join(place, 'params.npz'));
  assertClose(back.readFloat32('W_enc'), file.readFloat32('W_enc'), 1e-6);
  assertClose(back.readFloat32('W_dec'), file.readFloat32('W_dec'), 1e-6);
});

test('an embedding somewhere else in the path means nothing', (t) => {
  const folder = join(temporaryFolder(t), 'embedding', 'a', 'b', 'c', 'd', 'e');
  mkdirSync(folder, { recursive: true });
  writeNpz(join(folder, 'params.npz'), { W_enc: array(2, 3), W_dec: array(3, 2), b_enc: array(3), b_dec: array(2), threshold: array(3) });
  assert.deepEqual([...read(folder).weights.wDec], new Array(6).fill(0.5));
});

test('names in lower case are read; model, layer and site come from the path', (t) => {
  const folder = join(temporaryFolder(t), 'gemma-scope-2b-pt-mlp', 'layer_7', 'width_16k');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'params.npz');
  writeNpz(path, { w_enc: array(2, 3), w_dec: array(3, 2), b_enc: array(3), b_dec: array(2), threshold: array(3) });
  const { about } = read(path);
  assert.deepEqual([about.modelName, about.hookPoint], ['google/gemma-2-2b', 'blocks.7.hook_mlp_out']);
});

test('a file without thresholds, and shapes that disagree, are refused', (t) => {
  const path = join(temporaryFolder(t), 'params.npz');
  writeNpz(path, { W_enc: array(2, 3), W_dec: array(3, 2), b_enc: array(3), b_dec: array(2) });
  assert.throws(() => read(path), { kind: 'bad-file', message: /no tensor threshold \[3\]/ });
  writeNpz(path, { W_enc: array(2, 3), W_dec: array(2, 3), b_enc: array(3), b_dec: array(2), threshold: array(3) });
  assert.throws(() => read(path), { kind: 'bad-file', message: /W_dec is \[2, 3\].*want \[3, 2\]\. It looks transposed/ });
});

test('ReLU is held with thresholds 0; other functions are refused', (t) => {
  const write = (weights: DictionaryWeights): readonly string[] => gemmaScope.write(temporaryFolder(t), { weights, about: unknownAbout, notes: [] }, 'd');
  assert.deepEqual(write(someWeights({ kind: 'relu' })).length, 2);
  assert.throws(() => write(someWeights({ kind: 'topk', k: 2 })), { kind: 'unsupported', message: /JumpReLU/ });
  assert.throws(() => write(someWeights({ kind: 'relu' }, { inputNorm: 'layer-norm' })), { kind: 'unsupported' });
});
