import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveContext, liveNames } from '../../../../src/main/catalog/live-reading.ts';
import { setLabel } from '../../../../src/main/catalog/labelling.ts';
import { addStore } from '../../../../src/main/catalog/tables/contexts.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

test('names come in the order asked for, with figures; features that are not there are left out', () => {
  const db = smallCatalog();
  setLabel(db, { source: 1, index: 1, text: 'blue things', author: 'me', kind: 'manual', confidence: null, notes: '' });
  assert.deepEqual(liveNames(db, { source: 1, indices: [1, 99, 0] }).names, [
    { index: 1, label: 'blue things', density: 1 / 14, max: 1 }, { index: 0, label: null, density: 2 / 14, max: 2 },
  ]);
  assert.throws(() => liveNames(db, { source: 9, indices: [0] }), { kind: 'not-found' });
});

test('a stored context comes whole, with the document of each token', () => {
  const db = smallCatalog();
  const { tokens, documents, source } = liveContext(db, { source: 1, context: 2 });
  assert.deepEqual([...tokens], [0, 3, 3, 3, 0, 1, 1, 1]);
  assert.deepEqual([...documents], [1, 1, 1, 1, 1, 2, 2, 2]);
  assert.equal(source.hookPoint, 'blocks.1.hook_resid_post');
  assert.throws(() => liveContext(db, { source: 1, context: 77 }), { kind: 'not-found', message: /context 77/u });
  const other = addStore(db, { model: 1, hash: 's2', corpusName: 'c', corpusHash: 'c', contextLength: 8 });
  db.run('UPDATE contexts SET store = ? WHERE id = 2', other);
  assert.throws(() => liveContext(db, { source: 1, context: 2 }), { kind: 'mismatch' });
});
