import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownVariantOf, readOwn, writeOwn } from '../../../../src/engine/sae/own-file.ts';
import type { OwnWeights } from '../../../../src/engine/sae/own-dictionary.ts';
import { Random } from '../../../../src/engine/random.ts';
import { readSaeLens } from '../../../../src/engine/formats/sae-lens.ts';
import { editJson } from '../../../support/damage.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const [dIn, dSae] = [4, 10];
const random = Random.from(1);
const weights: OwnWeights = {
  sizes: { dIn, dSae, dOut: dIn, sources: 1 }, config: { k: 2, auxK: 0, auxCoefficient: 0 },
  tensors: {
    wEnc: { shape: [dSae, dIn], data: random.normals(dSae * dIn) }, wDec: { shape: [dSae, dIn], data: random.normals(dSae * dIn) },
    bEnc: { shape: [dSae], data: random.normals(dSae) }, bDec: { shape: [dIn], data: random.normals(dIn) },
  },
  inputScale: new Float32Array(dIn).fill(2), outputScale: new Float32Array(dIn).fill(2),
};

test('weights come back bit for bit, and SAELens would refuse the architecture', (t) => {
  const folder = temporaryFolder(t);
  writeOwn(folder, 'topk', weights, { hook_name: 'h' });
  assert.equal(ownVariantOf(folder), 'topk');
  const { weights: read, variant } = readOwn(folder);
  assert.equal(variant.id, 'topk');
  assert.deepEqual(read, weights);
  assert.throws(() => readSaeLens(folder), { kind: 'unsupported', message: /loupe:topk/ });
});

test('what is missing or of another shape is named', (t) => {
  const folder = temporaryFolder(t);
  const change = (edit: (config: Record<string, unknown>) => void): void => {
    writeOwn(folder, 'topk', weights, {});
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
