import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directionNorms, directionOf, noDirectionOf, requireDirections } from '../../../../src/engine/sae/directions.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const facts = { units: 2, names: { pattern: 'expert {n}', width: null }, layerKind: { id: 'm', title: 'M' }, keep: null };
const latents = { dSae: 2, dOut: 2, wDec: Float32Array.of(3, 4, 0, 2) };
const directed = { ...latents, units: { ...facts, noDirection: null } };
const experts = { dSae: 2, dOut: 2, wDec: new Float32Array(0), units: { ...facts, noDirection: 'Experts have none.' } };

test('a latent has its row of the decoder, a unit without a direction itself', () => {
  for (const one of [latents, directed]) {
    assert.deepEqual([...directionOf(one, 0)], [3, 4]);
    assert.deepEqual([...directionNorms(one)], [5, 2]);
    assert.equal(noDirectionOf(one), null);
    assert.doesNotThrow(() => requireDirections(one, 'map'));
  }
  assert.deepEqual([...directionOf(experts, 1)], [0, 1]);
  assert.deepEqual([...directionNorms(experts)], [1, 1]);
});

test('what needs directions is refused with the reason', () => {
  assert.throws(() => requireDirections(experts, 'map of directions'), (error: unknown) => error instanceof LoupeError && error.kind === 'unsupported' && error.message === 'Experts have none. So there is no map of directions.');
});
