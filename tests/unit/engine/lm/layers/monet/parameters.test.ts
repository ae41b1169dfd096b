import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expertParameters, explicitParameters, monetModelParameters, routerParameters } from '../../../../../../src/engine/lm/layers/monet/parameters.ts';
import { hdSpecs, routerSpecs, vdSpecs } from '../../../../../../src/engine/lm/layers/monet/specs.ts';
import { countParameters } from '../../../../../support/layer-weights.ts';

// B-T3
test('counted parameters equal the formula for three shapes, in both decompositions, and for 262,144 experts', () => {
  for (const shape of [{ s: 32, m: 8, dModel: 128 }, { s: 5, m: 2, dModel: 8 }, { s: 64, m: 12, dModel: 96 }, { s: 512, m: 12, dModel: 1536 }]) {
    assert.equal(countParameters(hdSpecs(shape)), expertParameters(shape));
    assert.equal(countParameters(vdSpecs(shape)), expertParameters(shape));
    assert.equal(countParameters(routerSpecs(shape.s, 3, shape.dModel)), routerParameters(shape.s, 3, shape.dModel));
  }
});

test('16 times the experts are 4 times the parameters, and a bank of them would have s times as many', () => {
  const shape = { s: 128, m: 12, dModel: 1536 };
  assert.equal(expertParameters({ ...shape, s: 512 }), 4 * expertParameters(shape));
  assert.equal(explicitParameters(shape), 128 * expertParameters({ ...shape, m: 12 }));
});

test('the published models of 850M, 1.4B and 4.1B, by the formula, with 32,000 tokens and 262,144 experts a layer; norms are left out', () => {
  const model = (layers: number, dModel: number, m: number, heads: number): number => monetModelParameters({ layers, dModel, m, heads, s: 512, group: 4, vocab: 32_000 }).total;
  assert.deepEqual([model(24, 1536, 12, 6), model(24, 2048, 16, 8), model(32, 3072, 24, 12)].map((total) => (total / 1e6).toFixed(1)), ['853.4', '1465.1', '4173.2']);
});
