import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { sparsify } from '../../../../src/engine/convert/sparsify.ts';
import { openSafetensors, writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { transpose } from '../../../../src/engine/sae/weights.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { editJson } from '../../../support/damage.ts';
import { assertRoundTrip, casePath, someWeights } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const read = (path: string): ReturnType<typeof sparsify.read> => sparsify.read(path, path);

function copyOf(t: TestContext, name: string, change: (config: Record<string, unknown>) => void = () => {}): string {
  const folder = join(temporaryFolder(t), 'layers.2');
  cpSync(casePath(`sparsify-${name}`), folder, { recursive: true });
  editJson(join(folder, 'cfg.json'), change);
  return folder;
}

test('TopK, transcoders and skip connections keep every bit through writing and reading', (t) => {
  for (const name of ['topk', 'bf16', 'skip']) assertRoundTrip(t, sparsify, casePath(`sparsify-${name}`));
  for (const name of ['transcoder', 'skip-transcoder']) {
    const first = read(casePath(`sparsify-${name}`));
    const place = temporaryFolder(t);
    sparsify.write(place, first, place);
    assert.deepEqual(read(place).weights, first.weights);
  }
});

test('model, hook and centring come from the folders and the config', () => {
  const topk = read(casePath('sparsify-topk'));
  assert.deepEqual([topk.about.modelName, topk.about.hookPoint, topk.about.contextLength, topk.weights.centresInput, topk.weights.form], ['HuggingFaceTB/SmolLM2-135M', 'blocks.2.hook_resid_post', 256, true, { kind: 'topk', k: 3 }]);
  const transcoder = read(casePath('sparsify-skip-transcoder'));
  assert.deepEqual([transcoder.about.hookPoint, transcoder.about.targetHook, transcoder.weights.centresInput, transcoder.weights.wSkip?.length], ['blocks.2.ln2.hook_normalized', 'blocks.2.hook_mlp_out', false, 36]);
});

test('a decoder that lies as [d, n] is turned; `signed` selects by magnitude', (t) => {
  const folder = copyOf(t, 'topk');
  const expected = read(folder).weights;
  const path = join(folder, 'sae.safetensors');
  const file = openSafetensors(path);
  const tensors = Object.fromEntries([...file.entries].map(([name, { shape }]) => [name, { dtype: 'F32' as const, shape: [...shape], data: file.readFloat32(name) }]));
  file.close();
  writeSafetensors(path, { ...tensors, W_dec: { dtype: 'F32', shape: [6, 10], data: transpose(tensors['W_dec']!.data, 10, 6) } });
  const turned = read(folder);
  assert.deepEqual(turned.weights, expected);
  assert.match(turned.notes.join(), /turned/);
  assert.deepEqual(read(copyOf(t, 'topk', (config) => { config['signed'] = true; })).weights.form, { kind: 'abs-topk', k: 3 });
});

test('wrong configs and tensors are refused by name', (t) => {
  const refused = (change: (config: Record<string, unknown>) => void, kind: string, message: RegExp): void => void assert.throws(() => read(copyOf(t, 'topk', change)), { kind, message });
  refused((c) => { c['activation'] = 'groupmax'; }, 'unsupported', /groupmax/);
  refused((c) => { c['num_latents'] = 12; }, 'bad-file', /encoder\.weight is \[10, 6\].*num_latents.*want \[12, 6\]/);
  refused((c) => { c['k'] = 11; }, 'bad-file', /k is 11, more than the 10/);
  refused((c) => { delete c['k']; c['kk'] = 3; }, 'bad-file', /cfg\.json: k: /);
  refused((c) => { c['skip_connection'] = true; }, 'bad-file', /no tensor W_skip \[6, 6\]/);
  const folder = copyOf(t, 'topk');
  rmSync(join(folder, 'cfg.json'));
  assert.equal(sparsify.detect(folder), false);
  assert.throws(() => read(folder), { kind: 'bad-file', message: /cfg\.json/ });
});

test('what it cannot compute is refused; an input that is not centred is made up for', (t) => {
  const write = (weights: DictionaryWeights): readonly string[] => sparsify.write(temporaryFolder(t), { weights, about: unknownAbout, notes: [] }, 'd');
  assert.throws(() => write(someWeights({ kind: 'relu' })), { kind: 'unsupported', message: /knows no other activation/ });
  assert.throws(() => write(someWeights({ kind: 'abs-topk', k: 2 })), { kind: 'unsupported' });
  assert.throws(() => write(someWeights({ kind: 'topk', k: 2 }, { inputNorm: 'constant-norm' })), { kind: 'unsupported', message: /normalisation/ });
  assert.throws(() => write(someWeights({ kind: 'topk', k: 2 }, { dOut: 5, centresInput: false })), { kind: 'unsupported', message: /equally wide/ });
  assert.match(write(someWeights({ kind: 'topk', k: 2 }, { centresInput: false })).join(), /moved into the input/);
});
