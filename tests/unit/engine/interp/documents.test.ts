import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DocumentIndex } from '../../../../src/engine/interp/documents.ts';
import { fakeStore } from '../../../support/fake-statistics.ts';

test('a row has the document of the run it lies in', () => {
  const index = new DocumentIndex([0, 3, 7], [10, 11, 10]);
  assert.deepEqual([0, 2, 3, 6, 7, 99].map((row) => index.at(row)), [10, 10, 11, 11, 10, 10]);
  assert.equal(new DocumentIndex([], []).at(5), -1);
});

test('an index of a store gives what the store gives, whatever the batches', () => {
  const store = fakeStore({ contexts: 9, contextLength: 16, dIn: 1, dSae: 1, k: 1, vocab: 5 });
  const index = DocumentIndex.of(store, 2);
  assert.deepEqual(Array.from({ length: 9 * 16 }, (_, row) => index.at(row)), [...store.documents(0, 9)]);
});
