import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { checkFeature, contribution, contributionAt, isSigned, placeIn, rowOf, writeHook, type LivePlace } from '../../../../src/engine/live/place.ts';
import { LoadedDictionary } from '../../../../src/engine/sae/inference.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';
import { liveHook, liveTarget, liveWeights, liveWidth, loadedSetting, placeOf, type LoadedSetting } from '../../../support/live.ts';

const endings: (() => void)[] = [];
let live: LoadedSetting;
before(async () => {
  await loadBackend();
  live = await loadedSetting({ after: (end) => endings.push(end) });
});
after(() => endings.reverse().forEach((end) => end()));

const provenance = (changes: object): LivePlace['dictionary']['provenance'] => ({ ...live.place.dictionary.provenance, ...changes });
const open = (changes: object): Parameters<typeof placeIn>[1] => ({ path: '/d', hash: 'h', dispose: () => {}, dictionary: { ...live.place.dictionary, provenance: provenance(changes), dIn: liveWidth, dOut: liveWidth } as LivePlace['dictionary'] });

test('a dictionary stands at its own hook, or at the one that is named; a transcoder writes where it predicts', () => {
  assert.deepEqual(live.place.read, [liveHook]);
  assert.equal(writeHook(live.place), liveHook);
  assert.deepEqual(live.through.read, [liveHook]);
  assert.equal(writeHook(live.through), liveTarget);
  assert.deepEqual(placeOf(live.loaded, live.place.dictionary, '/d', 'blocks.1.hook_resid_pre').read, ['blocks.1.hook_resid_pre']);
});

test('what does not belong together is refused in words', () => {
  assert.throws(() => placeOf(live.loaded, live.place.dictionary, '/d', 'blocks.0.mlp.hook_post'), { kind: 'mismatch', message: /24 wide, the dictionary reads 16/u });
  assert.throws(() => placeOf(live.loaded, live.place.dictionary, '/d', 'blocks.0.hook_resid_pst'), { kind: 'not-found', message: /hook_resid_post/u });
  assert.throws(() => placeIn(live.loaded, open({ hookPoint: '' }), null), { kind: 'bad-request', message: /does not say which hook.*16 wide/u });
  const model = { name: 'other', family: 'llama', dModel: 16, layers: 2, hash: 'f'.repeat(64), tokenizerHash: '' };
  assert.throws(() => placeIn(live.loaded, open({ model }), null), { kind: 'mismatch', message: /trained on other \(ffffffffffff\).*choose the model/u });
  assert.doesNotThrow(() => placeIn(live.loaded, open({ model: { ...model, hash: '' } }), null));
  assert.throws(() => writeHook({ ...live.place, read: [liveHook, 'blocks.1.hook_resid_post'] }), { kind: 'unsupported', message: /crosscoder/u });
  assert.throws(() => checkFeature(live.place.dictionary, 40), { kind: 'not-found' });
});

test('a latent adds f_j d_j, and where a norm is taken of each row, that norm times as much', () => {
  const x = Random.from(3).normals(3 * liveWidth);
  for (const inputNorm of ['none', 'constant-norm'] as const) {
    const dictionary = new LoadedDictionary(liveWeights(1, { inputNorm, centresInput: inputNorm === 'none' }), live.place.dictionary.provenance);
    const codes = dictionary.encode(x, 3);
    const feature = codes.indices[0]!;
    const activations = rowOf(codes, feature);
    const added = contribution({ dictionary }, x, codes, feature);
    const expected = Float32Array.from({ length: 3 * liveWidth }, (_, i) => {
      const row = Math.floor(i / liveWidth);
      const norm = inputNorm === 'none' ? 1 : Math.hypot(...x.subarray(row * liveWidth, (row + 1) * liveWidth)) / Math.sqrt(liveWidth);
      return norm * activations[row]! * dictionary.wDec[feature * liveWidth + (i % liveWidth)]!;
    });
    assert.ok(activations[0]! > 0);
    assertClose(added, expected, 1e-5, inputNorm);
    assertClose(contributionAt({ dictionary }, x, 3, feature, activations[0]!).slice(0, liveWidth), expected.slice(0, liveWidth), 1e-5);
    dictionary.dispose();
  }
});

test('signed dictionaries are known by their variant', () => {
  assert.equal(isSigned({ provenance: provenance({ variant: 'abs-topk' }) }), true);
  assert.equal(isSigned({ provenance: provenance({ variant: 'topk' }) }), false);
  assert.equal(isSigned({ provenance: provenance({ variant: 'transcoder', config: { activation: 'identity' } }) }), true);
});
