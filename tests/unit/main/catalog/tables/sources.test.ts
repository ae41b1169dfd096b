import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addBuild, advanceBuild, completeSource, findBuild, finishBuild, source, sources } from '../../../../../src/main/catalog/tables/sources.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('a source counts its dead features when it is completed, and its labels always', () => {
  const db = smallCatalog();
  completeSource(db, 1);
  const [row] = sources(db);
  assert.deepEqual([row!.dead, sources(db)[0]!.labelled, row!.complete, row!.modelName], [1, 0, true, 'small']);
  assert.equal(source(db, 2), null);
  db.close();
});

test('a build remembers how far it is', () => {
  const db = smallCatalog();
  addBuild(db, { source: 1, key: 'k', chunks: 4 }, 'now');
  advanceBuild(db, 1, { chunks: 2, contexts: 7 });
  finishBuild(db, 1, 'later');
  assert.deepEqual(findBuild(db, 'k'), { source: 1, key: 'k', chunks: 4, chunksDone: 2, contextsDone: 7 });
  assert.equal(findBuild(db, 'other'), null);
  assert.throws(() => addBuild(db, { source: 1, key: 'k', chunks: 4 }, 'now'));
  db.close();
});
