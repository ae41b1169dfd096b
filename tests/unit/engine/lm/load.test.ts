import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { openSafetensors, writeSafetensors, type TensorData } from '../../../../src/engine/formats/safetensors.ts';
import { inspectModel, loadModel } from '../../../../src/engine/lm/load.ts';
import { fixtureFolder, largestDifference, readReference } from '../../../support/lm-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-load-'));
after(() => rmSync(folder, { recursive: true, force: true }));
before(() => loadBackend());
let n = 0;

/** A copy of a fixture with some of its weights changed. */
function copy(name: 'gpt2' | 'llama-gqa-untied', change: (tensors: Record<string, TensorData>) => void = () => undefined): string {
  const target = join(folder, String(n++));
  cpSync(fixtureFolder(name), target, { recursive: true });
  const file = openSafetensors(join(target, 'model.safetensors'));
  const tensors = Object.fromEntries([...file.entries].map(([key, { shape }]) => [key, { dtype: 'F32' as const, shape, data: file.readFloat32(key) }]));
  file.close();
  change(tensors);
  writeSafetensors(join(target, 'model.safetensors'), tensors);
  return target;
}

test('half-precision and sharded weights load as the whole ones do, within their precision', async () => {
  const { tokens, logits, file } = readReference(fixtureFolder('llama-gqa-untied'));
  const half = copy('llama-gqa-untied', (tensors) => {
    for (const [name, tensor] of Object.entries(tensors)) tensors[name] = { ...tensor, dtype: 'F16' };
  });
  const sharded = copy('llama-gqa-untied');
  const whole = openSafetensors(join(sharded, 'model.safetensors'));
  const names = [...whole.entries.keys()];
  const weightMap: Record<string, string> = {};
  for (const [i, part] of [names.slice(0, 9), names.slice(9)].entries()) {
    const shard = `model-0000${i + 1}-of-00002.safetensors`;
    writeSafetensors(join(sharded, shard), Object.fromEntries(part.map((name) => [name, { dtype: 'F32' as const, shape: whole.entries.get(name)!.shape, data: whole.readFloat32(name) }])));
    for (const name of part) weightMap[name] = shard;
  }
  whole.close();
  rmSync(join(sharded, 'model.safetensors'));
  writeFileSync(join(sharded, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
  for (const [path, tolerance] of [[half, 0.05], [sharded, 1e-4]] as const) {
    const model = await loadModel(path);
    const result = model.run(tokens, 2, 10);
    assert.ok(largestDifference(result.logits!.dataSync(), logits) <= tolerance);
    result.logits!.dispose();
    model.dispose();
  }
  file.close();
});

test('the identity names the model and changes with one weight', async () => {
  const [same, other] = [copy('gpt2'), copy('gpt2', (tensors) => void ((tensors['transformer.h.0.ln_1.bias']!.data as Float32Array)[0]! += 1))];
  const models = [await loadModel(same), await loadModel(other)] as const;
  assert.notEqual(models[0].identity.hash, models[1].identity.hash);
  assert.equal(models[0].identity.tokenizerHash, models[1].identity.tokenizerHash);
  assert.deepEqual([models[0].identity.family, models[0].identity.dModel, models[0].identity.layers], ['gpt2', 24, 2]);
  models.forEach((model) => model.dispose());
});

test('blocks above those that are asked for are not loaded', async () => {
  const path = copy('gpt2', (tensors) => Object.keys(tensors).filter((name) => name.includes('.h.1.')).forEach((name) => delete tensors[name]));
  const model = await loadModel(path, { layers: 1 });
  const { cache } = model.run(Int32Array.of(1, 2), 1, 2, { names: ['blocks.0.hook_resid_post'], logits: false });
  assert.deepEqual(cache.get('blocks.0.hook_resid_post')!.shape, [1, 2, 24]);
  tf.dispose([...cache.values()]);
  model.dispose();
  await assert.rejects(loadModel(path), { kind: 'bad-file', message: /lacks the tensor transformer\.h\.1/u });
});

const wrong: [string, RegExp, string, (tensors: Record<string, TensorData>) => void][] = [
  ['NaN', /transformer\.h\.1\.attn\.c_attn\.weight\[5\] is NaN/u, 'not-finite', (tensors) => void ((tensors['transformer.h.1.attn.c_attn.weight']!.data as Float32Array)[5] = NaN)],
  ['another shape', /wte\.weight has the shape/u, 'mismatch', (tensors) => void (tensors['transformer.wte.weight'] = { dtype: 'F32', shape: [24, 67], data: new Float32Array(24 * 67) })],
];
for (const [what, message, kind, change] of wrong) {
  test(`weights with ${what} are refused by name, and what was loaded is freed`, async () => {
    const path = copy('gpt2', change);
    const tensors = tf.memory().numTensors;
    await assert.rejects(loadModel(path), { kind, message });
    assert.equal(tf.memory().numTensors, tensors);
  });
}

test('weights that are cut off, and a tokenizer that is, are refused', async () => {
  const path = copy('gpt2');
  truncateSync(join(path, 'model.safetensors'), 5000);
  await assert.rejects(loadModel(path), { kind: 'bad-file', message: /model\.safetensors/u });
  const other = copy('gpt2');
  truncateSync(join(other, 'tokenizer.json'), 100);
  await assert.rejects(loadModel(other), { kind: 'bad-file', message: /tokenizer\.json/u });
});

test('inspecting reads no weights: what they alone would show does not matter', () => {
  const path = copy('gpt2', (tensors) => void ((tensors['transformer.ln_f.bias']!.data as Float32Array)[0] = NaN));
  const info = inspectModel(path);
  assert.deepEqual([info.family, info.layers, info.dModel, info.vocab, info.format], ['gpt2', 2, 24, 67, 'hugging-face']);

  const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as { n_positions: number };
  const block = 24 * 72 + 72 + 24 * 24 + 24 + 24 * 96 + 96 + 96 * 24 + 24 + 4 * 24;
  assert.equal(info.parameters, 67 * 24 + config.n_positions * 24 + 2 * block + 48);
  assert.ok(info.hooks.some(({ name, d }) => name === 'blocks.1.mlp.hook_post' && d === 96));
  assert.ok(!info.hooks.some(({ name }) => name.endsWith('hook_pattern') || name.endsWith('hook_scale')));
});

test('hooks that a dictionary may be trained at hold no scales: of normed heads there is one a head', () => {
  const { hooks } = inspectModel(fixtureFolder('qwen3'));
  assert.ok(hooks.some(({ name, d }) => name === 'blocks.0.attn.q_norm.hook_normalized' && d === 48));
  assert.ok(!hooks.some(({ name }) => name.endsWith('hook_scale')));
});

for (const name of ['gemma2', 'gpt-neox-parallel', 'qwen2'] as const) {
  test(`${name}: the first block alone is the whole model's first block, its window among it`, async () => {
    const { tokens, file } = readReference(fixtureFolder(name));
    const hook = 'blocks.0.hook_resid_post';
    const model = await loadModel(fixtureFolder(name), { layers: 1 });
    const { cache } = model.run(tokens, 2, 10, { names: [hook], logits: false });
    assert.ok(largestDifference(cache.get(hook)!.dataSync(), file.readFloat32(hook)) <= 1e-4);
    tf.dispose([...cache.values()]);
    model.dispose();
    file.close();
  });
}
