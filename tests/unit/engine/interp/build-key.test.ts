import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildKey, dictionaryHash, storeHash } from '../../../../src/engine/interp/build-key.ts';
import { fakeDictionary, fakeStore, hook, identity, options } from '../../../support/fake-statistics.ts';

const sizes = { contexts: 4, contextLength: 8, dIn: 2, dSae: 3, k: 1, vocab: 9 };

test('the same things have the same key; each thing that figures depend on changes it', () => {
  const key = buildKey('s', 'd', identity, hook, options);
  assert.equal(buildKey('s', 'd', { ...identity, name: 'renamed' }, hook, { ...options }), key);
  const others = [
    buildKey('s2', 'd', identity, hook, options), buildKey('s', 'd2', identity, hook, options), buildKey('s', 'd', { ...identity, hash: 'x' }, hook, options),
    buildKey('s', 'd', identity, 'other', options), buildKey('s', 'd', identity, hook, { ...options, seed: 1 }),
  ];
  assert.equal(new Set([key, ...others]).size, 6);
});

test('arrays without hashes of their own are told apart by what they hold', () => {
  assert.equal(storeHash(fakeStore(sizes), hook), storeHash(fakeStore(sizes), hook));
  const other = fakeStore({ ...sizes, seed: 1 });
  assert.notEqual(storeHash({ ...other, manifest: fakeStore(sizes).manifest }, hook), storeHash(fakeStore(sizes), hook));
});

test('dictionaries are told apart by a single weight', () => {
  const [a, b] = [fakeDictionary(sizes), fakeDictionary(sizes)];
  assert.equal(dictionaryHash(a), dictionaryHash(b));
  b.wDec[3]! += 0.001;
  assert.notEqual(dictionaryHash(a), dictionaryHash(b));
});
