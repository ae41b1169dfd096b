import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUsedContexts } from '../../../../src/engine/interp/used-contexts.ts';
import { fakeStore } from '../../../support/fake-statistics.ts';

test('contexts come with their own tokens and documents, neighbours or not', () => {
  const store = fakeStore({ contexts: 9, contextLength: 16, dIn: 1, dSae: 1, k: 1, vocab: 50 });
  const numbers = Int32Array.of(0, 1, 2, 5, 8);
  const used = readUsedContexts(store, numbers);
  numbers.forEach((number, i) => {
    assert.deepEqual(used.tokens.slice(i * 16, i * 16 + 16), store.tokens(number, 1));
    assert.deepEqual(used.documents.slice(i * 16, i * 16 + 16), store.documents(number, 1));
  });
});
