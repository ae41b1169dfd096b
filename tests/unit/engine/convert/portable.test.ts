import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unknownAbout } from '../../../../src/engine/convert/definition.ts';
import { aboutOf, ownForm, portableOf } from '../../../../src/engine/convert/portable.ts';
import { Random } from '../../../../src/engine/random.ts';
import { denseLatents, LoadedDictionary } from '../../../../src/engine/sae/inference.ts';
import { OwnDictionary } from '../../../../src/engine/sae/own-dictionary.ts';
import { variantById } from '../../../../src/engine/sae/registry.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { someWeights } from '../../../support/dictionaries.ts';
import { provenance } from '../../../support/provenance.ts';

const rows = 50;
const x = Random.from(2).normals(rows * 6);

test('variants that keep their own weights become plain ones in raw units, and back, with the same latents and reconstructions', async (t) => {
  await eachBackend(t, () => {
    for (const [sources, form, wSkip] of [[2, { kind: 'relu' }, null], [1, { kind: 'topk', k: 3 }, Random.from(7).normals(4 * 6, 0.2)], [1, { kind: 'relu' }, null]] as const) {
      const dOut = sources === 1 ? 4 : 6;
      const weights = someWeights(form, { dOut, centresInput: false, wSkip });
      const { id, own } = ownForm({ weights, about: { ...unknownAbout, sources }, notes: [] })!;
      // as training leaves them: each source and target in a scale of its own
      const scaled = { ...own, inputScale: Float32Array.of(2, 2, 2, 0.5, 0.5, 0.5), outputScale: new Float32Array(dOut).map((_, i) => 1 + i) };
      const dictionary = new OwnDictionary(variantById(id), scaled, { ...provenance(), variant: id });
      const portable = portableOf(dictionary);
      const plain = new LoadedDictionary(portable.weights, provenance());
      assertClose(denseLatents(plain.encode(x, rows), 10), denseLatents(dictionary.encode(x, rows), 10), 2e-6, `${id}: latents`);
      assertClose(plain.reconstruct(x, rows), dictionary.reconstruct(x, rows), 2e-6, `${id}: reconstruction`);
      assert.equal(portable.about.sources, sources);
      dictionary.dispose();
      plain.dispose();
      // scales of 1 are no scales
      const unscaled = new OwnDictionary(variantById(id), own, provenance());
      assert.deepEqual(portableOf(unscaled).weights, weights);
      unscaled.dispose();
    }
  });
});

test('the names follow what a dictionary does; what no variant computes has none', () => {
  const idOf = (weights: ReturnType<typeof someWeights>, sources = 1): string | undefined => ownForm({ weights, about: { ...unknownAbout, sources }, notes: [] })?.id;
  const free = { centresInput: false };
  assert.deepEqual([
    idOf(someWeights({ kind: 'relu' }, free), 2), idOf(someWeights({ kind: 'topk', k: 2 }, free)), idOf(someWeights({ kind: 'topk', k: 2 }, { ...free, wSkip: new Float32Array(36) })),
    idOf(someWeights({ kind: 'topk', k: 2 })), idOf(someWeights({ kind: 'abs-topk', k: 2 }, free)), idOf(someWeights({ kind: 'topk', k: 2 }, free), 2),
    idOf(someWeights({ kind: 'relu' }, { ...free, inputNorm: 'layer-norm' })),
  ], ['crosscoder', 'transcoder', 'skip-transcoder', undefined, undefined, undefined, undefined]);
});

test('a variant whose function is its own is refused', async (t) => {
  await eachBackend(t, () => {
    const { own } = ownForm({ weights: someWeights({ kind: 'relu' }, { centresInput: false }), about: { ...unknownAbout, sources: 2 }, notes: [] })!;
    const switched = new OwnDictionary(variantById('switch'), own, provenance());
    assert.throws(() => portableOf(switched), { kind: 'unsupported', message: /a switch dictionary computes what no other format holds/ });
    switched.dispose();
  });
});

test('loupe.json in the words of the formats', () => {
  const about = aboutOf({ ...provenance(), variant: 'batch-topk', hookPoint: 'h', contextLength: 64, prependBos: false, config: { k: 8, targetHook: 'out' } });
  assert.deepEqual([about.architecture, about.hookPoint, about.targetHook, about.contextLength, about.prependBos, about.k, about.sources], ['batch-topk', 'h', 'out', 64, false, 8, 1]);
});
