import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crosscoderRepo } from '../../../../src/engine/convert/crosscoder-repo.ts';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { writeTorch } from '../../../../src/engine/formats/torch-writer.ts';
import { openTorch } from '../../../../src/engine/formats/torch.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { assertRoundTrip, casePath, someWeights } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const path = casePath('crosscoder-repo-relu');
const read = (place: string): ReturnType<typeof crosscoderRepo.read> => crosscoderRepo.read(place, place);

test('two sources side by side keep every bit through writing and reading', (t) => {
  const { weights, about } = assertRoundTrip(t, crosscoderRepo, path);
  assert.deepEqual([weights.dIn, weights.dOut, weights.dSae, weights.centresInput, about.sources, about.hookPoint, about.modelName], [12, 12, 10, false, 2, 'blocks.14.hook_resid_pre', 'gemma-2-2b']);
  const file = openTorch(join(path, '3.pt'));
  // W_enc [2, 6, 10]: latent 4 reads entry 5 of source 1 by column 4 of row 11
  assert.equal(weights.wEnc[4 * 12 + 6 + 5], file.readFloat32('W_enc')[(6 + 5) * 10 + 4]);
  file.close();
});

test('one of several versions has to be named', (t) => {
  const folder = temporaryFolder(t);
  for (const version of [0, 1]) {
    cpSync(join(path, '3.pt'), join(folder, `${version}.pt`));
    cpSync(join(path, '3_cfg.json'), join(folder, `${version}_cfg.json`));
  }
  assert.throws(() => read(folder), { kind: 'bad-request', message: /2 versions.*name one/ });
  assert.equal(read(join(folder, '1.pt')).weights.dSae, 10);
  assert.equal(crosscoderRepo.detect(join(folder, '2.pt')), false);
  assert.throws(() => read(temporaryFolder(t)), { kind: 'not-found' });
});

test('matrices of two dimensions are refused', (t) => {
  const folder = temporaryFolder(t);
  cpSync(join(path, '3_cfg.json'), join(folder, '3_cfg.json'));
  writeTorch(join(folder, '3.pt'), { W_enc: { shape: [2, 3], data: new Float32Array(6) } });
  assert.throws(() => read(folder), { kind: 'bad-file', message: /W_enc is \[2, 3\].*needs 3 sizes/ });
});

test('only ReLU crosscoders of two sources are written', (t) => {
  const write = (weights: DictionaryWeights, sources = 2): void => void crosscoderRepo.write(temporaryFolder(t), { weights, about: { ...unknownAbout, sources }, notes: [] }, 'd');
  write(someWeights({ kind: 'relu' }, { centresInput: false }));
  assert.throws(() => write(someWeights({ kind: 'relu' }, { centresInput: false }), 1), { kind: 'unsupported', message: /two sources, and this dictionary has 1/ });
  assert.throws(() => write(someWeights({ kind: 'topk', k: 2 }, { centresInput: false })), { kind: 'unsupported', message: /ReLU only/ });
  assert.throws(() => write(someWeights({ kind: 'relu' })), { kind: 'unsupported', message: /does not take b_dec/ });
});
