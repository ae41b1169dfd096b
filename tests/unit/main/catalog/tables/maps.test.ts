import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapNames, mapOf, putMap } from '../../../../../src/main/catalog/tables/maps.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('one map of a kind a source, read back as it was put in', () => {
  const db = smallCatalog();
  const row = { source: 1, kind: 'umap', options: '{"k":15}', points: Float32Array.of(1, -2.5), createdAt: 'now' };
  putMap(db, row);
  putMap(db, { ...row, options: '{"k":5}' });
  putMap(db, { ...row, kind: 'pca' });
  assert.deepEqual(mapNames(db), [{ source: 1, kind: 'pca' }, { source: 1, kind: 'umap' }]);
  assert.deepEqual(mapOf(db, 1, 'umap'), { ...row, options: '{"k":5}' });
  assert.equal(mapOf(db, 1, 'other'), null);
  db.run("UPDATE maps SET points = x'00000000'");
  assert.throws(() => mapOf(db, 1, 'umap'), { kind: 'bad-file' });
  db.close();
});
