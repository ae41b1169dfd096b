import assert from 'node:assert/strict';
import { test } from 'node:test';
import { denseLatents, LoadedDictionary } from '../../../../src/engine/sae/inference.ts';
import type { DictionaryWeights } from '../../../../src/engine/sae/weights.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { provenance } from '../../../support/provenance.ts';

// latents along (1, 0), (0, 1), (-1, 0); bDec (1, 0)
const weights: DictionaryWeights = {
  dIn: 2, dSae: 3, dOut: 2, wSkip: null, form: { kind: 'topk', k: 1 }, centresInput: true, inputNorm: 'none', wEnc: Float32Array.of(1, 0, 0, 1, -1, 0),
  wDec: Float32Array.of(1, 0, 0, 1, -1, 0), bEnc: new Float32Array(3), bDec: Float32Array.of(1, 0),
};
const x = Float32Array.of(4, 1, 1, 2, -1, 0.5);

test('each form keeps what it should, in a case worked by hand', async (t) => {
  await eachBackend(t, () => {
    // x - bDec = (3, 1), (0, 2), (-2, 0.5)
    const latents = (changes: Partial<DictionaryWeights>): number[] => {
      const dictionary = new LoadedDictionary({ ...weights, ...changes }, provenance());
      const dense = [...denseLatents(dictionary.encode(x, 3), 3)];
      dictionary.dispose();
      return dense;
    };
    assert.deepEqual(latents({}), [3, 0, 0, 0, 2, 0, 0, 0, 2]);
    assert.deepEqual(latents({ form: { kind: 'relu' } }), [3, 1, 0, 0, 2, 0, 0, 0.5, 2]);
    assert.deepEqual(latents({ form: { kind: 'jumprelu', threshold: Float32Array.of(5, 1, 1) } }), [0, 0, 0, 0, 2, 0, 0, 0, 2]);
    assert.deepEqual(latents({ form: { kind: 'relu' }, centresInput: false }), [4, 1, 0, 1, 2, 0, 0, 0.5, 1]);
  });
});

test('many rows go in parts and come out in order; slots are as wide as the fullest row', async (t) => {
  await eachBackend(t, () => {
    const dictionary = new LoadedDictionary({ ...weights, form: { kind: 'relu' } }, provenance());
    const rows = 9000;
    const many = Float32Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? 1 + (i >> 1) : (i >> 1) % 2));
    const codes = dictionary.encode(many, rows);
    assert.deepEqual([codes.rows, codes.width], [rows, 2]);
    assert.deepEqual([...codes.values.subarray(2 * 8999)], [8999, 1]);
    assertClose(dictionary.reconstruct(many, rows).subarray(2 * 8998), [8999, 0, 9000, 1], 1e-6);
    dictionary.dispose();
  });
});

test('codes are decoded to what the rows are reconstructed as, few or many of them, with norms and skip connections', async (t) => {
  await eachBackend(t, () => {
    const forms = [{ kind: 'topk', k: 2 }, { kind: 'relu' }, { kind: 'abs-topk', k: 1 }, { kind: 'jumprelu', threshold: Float32Array.of(2, 9, 9) }] as const;
    const wSkip = Float32Array.of(0.5, 0, 1, 2);
    for (const form of forms) {
      for (const changes of [{}, { inputNorm: 'layer-norm' }, { inputNorm: 'constant-norm' }, { wSkip, centresInput: false }] as const) {
        const dictionary = new LoadedDictionary({ ...weights, form, ...changes }, provenance());
        assertClose(dictionary.decode(dictionary.encode(x, 3), x), dictionary.reconstruct(x, 3), 1e-6, JSON.stringify([form, changes]));
        dictionary.dispose();
      }
    }
    // many latents, of which one or two fire a row: the rows are gathered; above, they are not
    const wide = 100;
    const large = { ...weights, dSae: wide, wEnc: new Float32Array(2 * wide).map((_, i) => Math.sin(i)), wDec: new Float32Array(2 * wide).map((_, i) => Math.cos(i)), bEnc: new Float32Array(wide) };
    const dictionary = new LoadedDictionary({ ...large, form: { kind: 'abs-topk', k: 2 } }, provenance());
    const codes = dictionary.encode(x, 3);
    assertClose(dictionary.decode(codes, x), dictionary.reconstruct(x, 3), 1e-5);
    // half of a code is half of what is beside the bias
    const half = dictionary.decode({ ...codes, values: codes.values.map((v) => v / 2) }, x);
    assertClose(half, dictionary.reconstruct(x, 3).map((v, i) => (v + weights.bDec[i % 2]!) / 2), 1e-5);
    assert.throws(() => dictionary.decode(codes, x.subarray(2)), { kind: 'mismatch' });
    dictionary.dispose();
  });
});

test('a wrong width and use after dispose are refused', async (t) => {
  await eachBackend(t, () => {
    const dictionary = new LoadedDictionary(weights, provenance());
    assert.throws(() => dictionary.encode(x, 2), { kind: 'mismatch' });
    dictionary.dispose();
    dictionary.dispose();
    assert.throws(() => dictionary.encode(x, 3), { kind: 'disposed' });
  });
});
