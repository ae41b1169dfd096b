import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownVariantOf, readOwn, writeOwn } from '../../../../src/engine/sae/own-file.ts';
import { readSaeLens } from '../../../../src/engine/formats/sae-lens.ts';
import { editJson } from '../../../support/damage.ts';
import { ownWeights } from '../../../support/own-weights.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('weights come back bit for bit, and SAELens would refuse the architecture', (t) => {
  const folder = temporaryFolder(t);
  writeOwn(folder, 'topk', ownWeights, { hook_name: 'h' });
  assert.equal(ownVariantOf(folder), 'topk');
  const { weights: read, variant } = readOwn(folder);
  assert.equal(variant.id, 'topk');
  assert.deepEqual(read, ownWeights);
  assert.throws(() => readSaeLens(folder), { kind: 'unsupported', message: /loupe:topk/ });
});

test('what is missing or of another shape is named', (t) => {
  const folder = temporaryFolder(t);
  const change = (edit: (config: Record<string, unknown>) => void): void => {
    writeOwn(folder, 'topk', ownWeights, {});
    editJson(join(folder, 'cfg.json'), edit);
  };
  change((config) => { config['d_in'] = 5; });
  assert.throws(() => readOwn(folder), { kind: 'bad-file', message: /input_scale \[5\]/ });
  change((config) => { config['d_sae'] = 9; });
  assert.throws(() => readOwn(folder), { kind: 'bad-file', message: /wEnc is \[10, 4\], and cfg.json wants \[9,4\]/ });
  change((config) => { config['config'] = { k: 0 }; });
  assert.throws(() => readOwn(folder), { kind: 'bad-file', message: /config\.k/ });
  change((config) => { config['architecture'] = 'loupe:tokp'; });
  assert.throws(() => readOwn(folder), { kind: 'bad-request', message: /did you mean topk/ });
});
