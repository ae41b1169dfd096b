import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeSaeLens } from '../../../../src/engine/formats/sae-lens.ts';
import { Random } from '../../../../src/engine/random.ts';
import { LoadedDictionary } from '../../../../src/engine/sae/inference.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import { unitRows } from '../../../../src/engine/sae/parts.ts';
import { makeCheck, writeProvenance } from '../../../../src/engine/sae/provenance.ts';
import { transpose } from '../../../../src/engine/sae/weights.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { eachBackend } from '../../../support/backends.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { provenance } from '../../../support/provenance.ts';

// square, so that shapes cannot tell a transposed matrix
const [dIn, dSae] = [24, 24];
const metadata = { modelName: 'm', hookPoint: 'h', contextLength: 8, prependBos: false };

function weightsOf(): DictionaryWeights {
  const random = Random.from(1);
  const rows = (): Float32Array => unitRows(random.normals(dIn * dSae), dSae, dIn);
  return { dIn, dSae, dOut: dIn, wSkip: null, form: { kind: 'topk', k: 4 }, centresInput: true, inputNorm: 'none', wEnc: rows(), wDec: rows(), bEnc: random.normals(dSae, 0.1), bDec: random.normals(dIn) };
}

test('the stored triple passes good weights and catches transposed, scaled and foreign ones', async (t) => {
  await eachBackend(t, async () => {
    const good = weightsOf();
    const draft = new LoadedDictionary(good, provenance());
    const check = makeCheck(draft, 1);
    draft.dispose();
    const load = async (weights: DictionaryWeights): Promise<void> => {
      const folder = join(temporaryFolder(t), 'd');
      writeSaeLens(folder, weights, metadata);
      writeProvenance(folder, { ...provenance(), check });
      (await loadDictionary(folder)).dispose();
    };
    await load(good);
    const refused = { kind: 'mismatch', message: /transposed, scaled or of another dictionary/ };
    await assert.rejects(load({ ...good, wEnc: transpose(good.wEnc, dSae, dIn) }), refused);
    await assert.rejects(load({ ...good, wDec: transpose(good.wDec, dSae, dIn) }), refused);
    await assert.rejects(load({ ...good, bDec: good.bDec.map((v) => 2 * v) }), refused);
    await assert.rejects(load({ ...good, wDec: good.wDec.map((v) => 1.1 * v) }), refused);
  });
});

test('a folder that is not there is kind not-found', async () => {
  await assert.rejects(loadDictionary('/no/such/folder'), { kind: 'not-found' });
});
