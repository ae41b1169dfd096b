import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asJumpRelu, requireHolds, withCentring } from '../../../../src/engine/convert/fold.ts';
import { denseLatents, LoadedDictionary } from '../../../../src/engine/sae/inference.ts';
import type { DictionaryWeights, PlainForm } from '../../../../src/engine/sae/weights.ts';
import { Random } from '../../../../src/engine/random.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { someWeights } from '../../../support/dictionaries.ts';
import { provenance } from '../../../support/provenance.ts';

const rows = 200;
const x = Random.from(1).normals(rows * 6);

function run(weights: DictionaryWeights): { readonly latents: Float32Array; readonly y: Float32Array } {
  const dictionary = new LoadedDictionary(weights, provenance());
  try {
    return { latents: denseLatents(dictionary.encode(x, rows), weights.dSae), y: dictionary.reconstruct(x, rows) };
  } finally {
    dictionary.dispose();
  }
}

function same(a: DictionaryWeights, b: DictionaryWeights): void {
  const [left, right] = [run(a), run(b)];
  assertClose(left.latents, right.latents, 2e-6, 'latents');
  assertClose(left.y, right.y, 2e-6, 'reconstruction');
}

const random = Random.from(3);
const forms: readonly PlainForm[] = [
  { kind: 'relu' }, { kind: 'topk', k: 3 }, { kind: 'abs-topk', k: 3 }, { kind: 'jumprelu', threshold: random.normals(10, 0.3).map(Math.abs) },
  { kind: 'gated', bGate: random.normals(10, 0.1), bMag: random.normals(10, 0.1), rMag: random.normals(10, 0.3) },
];

test('b_dec moves into and out of the input of every form without a change of latents and reconstructions', async (t) => {
  await eachBackend(t, () => {
    for (const form of forms) {
      const centred = someWeights(form);
      const free = withCentring(centred, false);
      assert.equal(free.centresInput, false);
      same(centred, free);
      same(free, withCentring(free, true));
      const normed = someWeights(form, { inputNorm: 'layer-norm' });
      same(normed, withCentring(normed, false));
      assert.equal(withCentring(centred, true), centred);
    }
  });
});

test('matching pursuit and transcoders cannot move it', () => {
  assert.throws(() => withCentring(someWeights({ kind: 'matching-pursuit', steps: 2, tolerance: 0 }), false), { kind: 'unsupported', message: /cannot be moved out of/ });
  assert.throws(() => withCentring(someWeights({ kind: 'relu' }, { dOut: 4, centresInput: false }), true), { kind: 'unsupported', message: /cannot be moved into/ });
});

test('ReLU is JumpReLU with thresholds 0; other forms stay', async (t) => {
  await eachBackend(t, () => {
    const relu = someWeights({ kind: 'relu' });
    assert.equal(asJumpRelu(relu).form.kind, 'jumprelu');
    same(relu, asJumpRelu(relu));
  });
  const topk = someWeights({ kind: 'topk', k: 2 });
  assert.equal(asJumpRelu(topk), topk);
});

test('what a format cannot hold is refused with every reason', () => {
  requireHolds('X', someWeights({ kind: 'relu' }), { never: false });
  assert.throws(() => requireHolds('X', someWeights({ kind: 'relu' }), { 'reason one': true, no: false, 'reason two': true }), { kind: 'unsupported', message: /X cannot hold.*form relu.*reason one; reason two.*nothing was written/ });
});
