import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addEncoder, bumpRevision, embeddingCounts, embeddingsOf, encoders, findEncoder, putEmbedding, staleFeatures, vectorBytes } from '../../../../../src/main/catalog/tables/embeddings.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('an encoder is known by its hash, and its revision rises', () => {
  const db = smallCatalog();
  const id = addEncoder(db, { name: 'toy', hash: 'h', dim: 2, revision: 0 });
  bumpRevision(db, id);
  assert.deepEqual(encoders(db), [{ id, name: 'toy', hash: 'h', dim: 2, revision: 1 }]);
  assert.equal(findEncoder(db, 'other'), null);
  assert.throws(() => addEncoder(db, { name: 'again', hash: 'h', dim: 2, revision: 0 }));
  db.close();
});

test('a vector replaces the one before; features without one, or with that of another text, are stale', () => {
  const db = smallCatalog();
  const id = addEncoder(db, { name: 'toy', hash: 'h', dim: 2, revision: 0 });
  assert.deepEqual(staleFeatures(db, id, 1, -1, 9).map(({ index }) => index), [0, 1, 2]);
  const vector = Uint8Array.of(0, 0, 0, 0, 1, 2);
  putEmbedding(db, id, 1, { feature: 0, kind: 'label', text: 'old', vector });
  putEmbedding(db, id, 1, { feature: 0, kind: 'examples', text: '', vector });
  putEmbedding(db, id, 1, { feature: 2, kind: 'none', text: '', vector });
  assert.deepEqual([...embeddingsOf(db, { id, dim: 2 }, 1)].map(({ feature, kind }) => [feature, kind]), [[0, 'examples'], [2, 'none']]);
  assert.deepEqual(staleFeatures(db, id, 1, -1, 9).map(({ index }) => index), [1]);
  assert.deepEqual(embeddingCounts(db, id, 1), { embedded: 2, labels: 0, stale: 1 });
  db.close();
});

test('a vector of another width, and a width that no encoder has, are damage', () => {
  const db = smallCatalog();
  const id = addEncoder(db, { name: 'toy', hash: 'h', dim: 2, revision: 0 });
  putEmbedding(db, id, 1, { feature: 0, kind: 'examples', text: '', vector: new Uint8Array(7) });
  assert.throws(() => [...embeddingsOf(db, { id, dim: 2 }, 1)], { kind: 'bad-file' });
  assert.throws(() => vectorBytes(0), { kind: 'bad-file' });
  db.close();
});
