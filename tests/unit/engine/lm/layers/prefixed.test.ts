import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tensor } from '@tensorflow/tfjs-core';
import { prefixed, unprefixed } from '../../../../../src/engine/lm/layers/prefixed.ts';
import { zeros } from '../../../../../src/engine/lm/layers/starts.ts';

test('names get their prefix, and the layer finds its own again among others', () => {
  const specs = prefixed('mlp.', { a: { shape: [2], start: zeros, decay: false } });
  assert.deepEqual(Object.keys(specs), ['mlp.a']);
  const value = {} as Tensor;
  assert.deepEqual(Object.entries(unprefixed('mlp.', { 'mlp.a': value, 'attn.a': value, 'mlp.router.b': value })).map(([name]) => name), ['a', 'router.b']);
});
