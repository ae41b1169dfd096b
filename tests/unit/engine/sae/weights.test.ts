import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/engine/random.ts';
import { denseLatents, LoadedDictionary } from '../../../../src/engine/sae/inference.ts';
import { foldDecoderNorm, foldScale, transpose } from '../../../../src/engine/sae/weights.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { provenance } from '../../../support/provenance.ts';

const [dIn, dSae, rows] = [5, 9, 6];
const random = Random.from(1);
const base: DictionaryWeights = {
  dIn, dSae, dOut: dIn, wSkip: null, form: { kind: 'topk', k: 3 }, centresInput: true, inputNorm: 'none',
  wEnc: random.normals(dIn * dSae), wDec: random.normals(dIn * dSae), bEnc: random.normals(dSae), bDec: random.normals(dIn),
};
const x = random.normals(rows * dIn);

function run(weights: DictionaryWeights, input: Float32Array): { latents: Float32Array; y: Float32Array } {
  const dictionary = new LoadedDictionary(weights, provenance());
  const result = { latents: denseLatents(dictionary.encode(input, rows), dSae), y: dictionary.reconstruct(input, rows) };
  dictionary.dispose();
  return result;
}

test('folding a scale c keeps reconstructions and divides latents by c, in every form', async () => {
  await useBackend('cpu');
  for (const form of [base.form, { kind: 'relu' }, { kind: 'jumprelu', threshold: random.normals(dSae).map(Math.abs) }] as const) {
    const weights = { ...base, form };
    const scaled = run(weights, x.map((v) => 3 * v));
    const folded = run(foldScale(weights, 3), x);
    assertClose(folded.y, scaled.y.map((v) => v / 3), 1e-5, `${form.kind}: y`);
    assertClose(folded.latents, scaled.latents.map((v) => v / 3), 1e-5, `${form.kind}: latents`);
  }
});

test('folding decoder norms makes unit rows and keeps reconstructions of ReLU, with latents times the norm', async () => {
  await useBackend('cpu');
  const weights: DictionaryWeights = { ...base, form: { kind: 'relu' } };
  const folded = foldDecoderNorm(weights);
  const norms = Array.from({ length: dSae }, (_, j) => Math.hypot(...base.wDec.subarray(j * dIn, (j + 1) * dIn)));
  for (let j = 0; j < dSae; j++) assertClose([Math.hypot(...folded.wDec.subarray(j * dIn, (j + 1) * dIn))], [1], 1e-6);
  const [before, after] = [run(weights, x), run(folded, x)];
  assertClose(after.y, before.y, 1e-5);
  assertClose(after.latents, before.latents.map((v, i) => v * norms[i % dSae]!), 1e-5);
});

test('a transposed matrix transposed again is itself, beyond the size of a tile', () => {
  const values = Random.from(2).normals(70 * 130);
  const turned = transpose(values, 70, 130);
  assert.equal(turned[3 * 70 + 69], values[69 * 130 + 3]);
  assert.deepEqual(transpose(turned, 130, 70), values);
});
