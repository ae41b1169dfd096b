import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { parseConfig, readJson, readSaeLensConfig } from '../../../../src/engine/formats/sae-lens-config.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('the flat form before 6 gets the names and defaults of 6', (t) => {
  const folder = temporaryFolder(t);
  const written = (config: object): ReturnType<typeof readSaeLensConfig> => {
    writeFileSync(join(folder, 'cfg.json'), JSON.stringify(config));
    return readSaeLensConfig(folder);
  };
  const old = written({ d_in: 2, d_sae: 4, hook_point: 'blocks.3.hook_resid_pre', model_name: 'gpt2-small', context_size: 128, normalize_activations: true });
  assert.deepEqual([old.architecture, old.apply_b_dec_to_input, old.normalize_activations, old.metadata.hook_name, old.metadata.prepend_bos], ['standard', true, 'expected_average_only_in', 'blocks.3.hook_resid_pre', true]);
  const topk = written({ d_in: 2, d_sae: 4, activation_fn_str: 'topk', activation_fn_kwargs: { k: 3 }, normalize_activations: null, sae_lens_version: '5.9.1' });
  assert.deepEqual([topk.architecture, topk.k, topk.normalize_activations], ['topk', 3, 'none']);
  const six = written({ architecture: 'gated', d_in: 2, d_sae: 4, metadata: { sae_lens_version: '6.0.0', hook_name: 'h' } });
  assert.deepEqual([six.architecture, six.metadata.hook_name], ['gated', 'h']);
  assert.throws(() => written({ architecture: 'gated', d_in: 0, d_sae: 4, metadata: { sae_lens_version: '6.0.0' } }), { kind: 'bad-file', message: /d_in/ });
});

test('errors name the key, what is wrong and the nearest key', () => {
  const schema = z.looseObject({ d_in: z.int(), deep: z.looseObject({ k: z.int() }) });
  assert.deepEqual(parseConfig(schema, { d_in: 1, deep: { k: 2 } }, 'p'), { d_in: 1, deep: { k: 2 } });
  assert.throws(() => parseConfig(schema, { d_inn: 1, deep: { k: 2 } }, 'p'), { kind: 'bad-file', message: /^p: d_in: .*nearest key in the file is d_inn/ });
  assert.throws(() => parseConfig(schema, { d_in: 1, deep: { k: 'x' } }, 'p'), { kind: 'bad-file', message: /^p: deep\.k: / });
});

test('only objects of a bounded size are JSON configs', (t) => {
  const path = join(temporaryFolder(t), 'a.json');
  for (const text of ['[1]', 'null', '{', '"x"', `{"a": "${'x'.repeat(5 << 20)}"}`]) {
    writeFileSync(path, text);
    assert.throws(() => readJson(path), { kind: 'bad-file' });
  }
  assert.throws(() => readSaeLensConfig(join(path, '..')), { kind: 'not-found' });
});
