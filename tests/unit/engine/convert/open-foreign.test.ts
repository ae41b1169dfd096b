import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { detectFormat, foreignProvenance, openForeign } from '../../../../src/engine/convert/open-foreign.ts';
import { dictionaryLearning } from '../../../../src/engine/convert/dictionary-learning.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { transpose } from '../../../../src/engine/sae/weights.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertComputes, casePath, dictionaryFixtures, someWeights } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { payload, writeTorchFile } from '../../../support/torch-file.ts';

test('dictionaries that SAELens, dictionary_learning, sparsify and torch wrote are opened where they lie, and compute the same within 1e-5', async (t) => {
  await eachBackend(t, async () => {
    for (const name of readdirSync(dictionaryFixtures)) {
      const path = casePath(name);
      const dictionary = await loadDictionary(path);
      try {
        assertComputes(dictionary, path);
      } finally {
        dictionary.dispose();
      }
    }
  });
});

test('formats are known by their files', () => {
  for (const name of readdirSync(dictionaryFixtures)) {
    const { id } = detectFormat(casePath(name));
    assert.ok(name.startsWith(id), `${name} was taken for ${id}`);
  }
});

test('a path that is none of them is refused with what it holds, and with dictionaries below it', (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => detectFormat(folder), { kind: 'bad-file', message: /SAELens: a folder with cfg\.json.*the folder is empty/s });
  writeFileSync(join(folder, 'readme.md'), '');
  assert.throws(() => detectFormat(folder), { kind: 'bad-file', message: /the folder has readme\.md/ });
  mkdirSync(join(folder, 'stray'));
  cpSync(casePath('sparsify-topk'), join(folder, 'layers.2'), { recursive: true });
  assert.throws(() => detectFormat(folder), { kind: 'bad-file', message: /layers\.2 below it is one: name it/ });
  assert.throws(() => detectFormat(join(folder, 'readme.md')), { kind: 'bad-file', message: /the file is of none of them/ });
  assert.throws(() => detectFormat(join(folder, 'none')), { kind: 'not-found' });
});

test('a file with a payload is refused by what it would call, wherever it is put', async (t) => {
  const folder = temporaryFolder(t);
  const marker = join(folder, 'ran');
  const evil = writeTorchFile(folder, payload('os', 'system', `touch ${marker}`));
  await assert.rejects(loadDictionary(evil), { kind: 'bad-file', message: /"os\.system"/ });
  for (const name of ['ae.pt', '0.pt']) {
    const place = join(folder, name.replace('.', '-'));
    mkdirSync(place);
    cpSync(evil, join(place, name));
    writeFileSync(join(place, '0_cfg.json'), '{}');
    await assert.rejects(loadDictionary(place), { kind: 'bad-file', message: /"os\.system"/ });
  }
  assert.equal(existsSync(marker), false);
});

test('square matrices are asked about; a layout undoes what was turned', (t) => {
  const weights = someWeights({ kind: 'relu' }, { dIn: 5, dSae: 5 });
  const place = temporaryFolder(t);
  dictionaryLearning.write(place, { weights, about: unknownAbout, notes: [] }, place);
  assert.throws(() => openForeign(place, 'ask'), { kind: 'bad-request', message: /as many latents as dimensions \(5\).*--layout documented/ });
  assert.deepEqual(openForeign(place, 'documented').weights, weights);
  assert.deepEqual(openForeign(place, 'decoder-transposed').weights, { ...weights, wDec: transpose(weights.wDec, 5, 5) });
  assert.deepEqual(openForeign(place, 'both-transposed').weights, { ...weights, wDec: transpose(weights.wDec, 5, 5), wEnc: transpose(weights.wEnc, 5, 5) });
});

test('a dictionary of a stranger has a provenance without model, corpus and check', () => {
  const { model, corpus, check, hookPoint, contextLength, codeVersion } = foreignProvenance({ ...unknownAbout, writer: 'X 1', hookPoint: 'h' });
  assert.deepEqual([model, corpus, check.x, hookPoint, contextLength, codeVersion], [null, null, '', 'h', 128, 'X 1']);
});
