import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openSafetensors, writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { isSaeLensFolder, readSaeLens, readSaeLensConfig, writeSaeLens } from '../../../../src/engine/formats/sae-lens.ts';
import { denseLatents } from '../../../../src/engine/sae/inference.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const fixtures = resolve(import.meta.dirname, '../../../parity/fixtures/sae-lens');

/** A copy of a fixture (d 6, n 10, k 3), its cfg.json changed. */
function changed(t: TestContext, name: string, change: (config: Record<string, unknown>) => void): string {
  const folder = join(temporaryFolder(t), name);
  cpSync(join(fixtures, name), folder, { recursive: true });
  const path = join(folder, 'cfg.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(config);
  writeFileSync(path, JSON.stringify(config));
  return folder;
}

/** The same with tensors changed. */
function withTensors(t: TestContext, name: string, change: (tensors: Record<string, { shape: number[]; data: Float32Array }>) => void): string {
  const folder = changed(t, name, () => {});
  const path = join(folder, 'sae_weights.safetensors');
  const file = openSafetensors(path);
  const tensors = Object.fromEntries([...file.entries].map(([key, { shape }]) => [key, { shape: [...shape], data: file.readFloat32(key) }]));
  file.close();
  change(tensors);
  writeSafetensors(path, Object.fromEntries(Object.entries(tensors).map(([key, value]) => [key, { dtype: 'F32' as const, ...value }])));
  return folder;
}

test('folders that SAELens 6.54 wrote give its latents and reconstructions within 1e-5', async (t) => {
  await eachBackend(t, async () => {
    for (const name of readdirSync(fixtures)) {
      const dictionary = await loadDictionary(join(fixtures, name));
      const expected = openSafetensors(join(fixtures, name, 'expected.safetensors'));
      const x = expected.readFloat32('x');
      assertClose(denseLatents(dictionary.encode(x, 20), 10), expected.readFloat32('latents'), 1e-5, `${name}: latents`);
      assertClose(dictionary.reconstruct(x, 20), expected.readFloat32('y'), 1e-5, `${name}: reconstruction`);
      assert.equal(dictionary.provenance.hookPoint, 'blocks.1.hook_resid_post');
      assert.equal(dictionary.provenance.contextLength, 64);
      expected.close();
      dictionary.dispose();
    }
  });
});

test('what is written is read back bit for bit, in all three forms', (t) => {
  const numbers = (length: number, start: number): Float32Array => Float32Array.from({ length }, (_, i) => start + i / 7);
  for (const form of [{ kind: 'relu' }, { kind: 'topk', k: 2 }, { kind: 'jumprelu', threshold: numbers(3, 0.5) }] as const) {
    const weights: DictionaryWeights = {
      dIn: 2, dSae: 3, dOut: 2, wSkip: null, form, centresInput: form.kind !== 'jumprelu', inputNorm: 'none',
      wEnc: numbers(6, 1), wDec: numbers(6, 2), bEnc: numbers(3, 3), bDec: numbers(2, 4),
    };
    const folder = join(temporaryFolder(t), 'd');
    writeSaeLens(folder, weights, { modelName: 'm', hookPoint: 'h', contextLength: 9, prependBos: true });
    assert.ok(isSaeLensFolder(folder));
    const back = readSaeLens(folder);
    assert.deepEqual(back.weights, weights);
    assert.deepEqual([back.config.metadata.hook_name, back.config.metadata.context_size], ['h', 9]);
  }
});

test('the flat form before version 6 loads to the same weights', (t) => {
  const folder = changed(t, 'topk', (config) => {
    const { metadata, k, architecture, ...rest } = config;
    for (const key of Object.keys(config)) delete config[key];
    Object.assign(config, rest, { hook_point: 'blocks.1.hook_resid_post', activation_fn_str: 'topk', activation_fn_kwargs: { k }, context_size: 64 });
    assert.ok(metadata !== undefined && architecture === 'topk');
  });
  assert.deepEqual(readSaeLens(folder).weights, readSaeLens(join(fixtures, 'topk')).weights);
  assert.equal(readSaeLensConfig(folder).metadata.hook_name, 'blocks.1.hook_resid_post');
});

test('wrong configs are refused by the name of the key', (t) => {
  const refuse = (change: (config: Record<string, unknown>) => void, kind: string, message: RegExp): void => {
    assert.throws(() => readSaeLens(changed(t, 'topk', change)), { kind, message });
  };
  refuse((c) => { c['d_sea'] = c['d_sae']; delete c['d_sae']; }, 'bad-file', /d_sae: .*nearest key in the file is d_sea/s);
  refuse((c) => { c['d_in'] = 1e12; }, 'bad-file', /d_in/);
  refuse((c) => { c['k'] = 11; }, 'bad-file', /k is 11, more than d_sae/);
  refuse((c) => { delete c['k']; }, 'bad-file', /needs k/);
  refuse((c) => { c['architecture'] = 'loupe:sparse'; }, 'unsupported', /supported: standard, topk, jumprelu/);
  refuse((c) => { c['normalize_activations'] = 'expected_average_only_in'; }, 'unsupported', /Fold it/);
  refuse((c) => { c['d_sae'] = 11; }, 'bad-file', /W_enc is \[6, 10\].*want \[6, 11\]/s);
});

test('wrong weights are refused: missing, misnamed, transposed, not finite, cut off', (t) => {
  const refuse = (change: Parameters<typeof withTensors>[2], kind: string, message: RegExp): void => {
    assert.throws(() => readSaeLens(withTensors(t, 'topk', change)), { kind, message });
  };
  refuse((tensors) => { tensors['W_enc_'] = tensors['W_enc']!; delete tensors['W_enc']; }, 'bad-file', /no tensor W_enc \[6, 10\].*nearest is W_enc_/s);
  refuse((tensors) => { delete tensors['b_dec']; }, 'bad-file', /no tensor b_dec \[6\]/);
  refuse((tensors) => { tensors['W_dec']!.shape.reverse(); }, 'bad-file', /looks transposed/);
  refuse((tensors) => { tensors['W_dec']!.data[7] = Number.NaN; }, 'not-finite', /W_dec holds NaN at element 7/);
  const cut = changed(t, 'topk', () => {});
  const path = join(cut, 'sae_weights.safetensors');
  writeFileSync(path, readFileSync(path).subarray(0, 400));
  assert.throws(() => readSaeLens(cut), { kind: 'bad-file' });
  writeFileSync(join(cut, 'cfg.json'), '{');
  assert.throws(() => readSaeLens(cut), { kind: 'bad-file' });
});
