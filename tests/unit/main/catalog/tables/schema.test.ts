import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignKeyProblems, integrityProblems, readSchema } from '../../../../../src/main/catalog/tables/schema.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('everything that the file holds is listed, SQLite\'s own tables too', () => {
  const db = smallCatalog();
  const names = readSchema(db).map(({ name }) => name);
  for (const name of ['features', 'examples_by_context', 'labels_fts_data', 'sqlite_sequence', 'sqlite_autoindex_models_1']) assert.ok(names.includes(name), name);
  db.close();
});

test('a sound file has no problems; a dangling row is one', () => {
  const db = smallCatalog();
  assert.deepEqual(integrityProblems(db), []);
  assert.deepEqual(foreignKeyProblems(db, 10), []);
  db.pragma('foreign_keys = OFF');
  db.run('DELETE FROM contexts WHERE id = 1');
  assert.match(foreignKeyProblems(db, 10).join(), /examples refers to a row of contexts/);
  db.close();
});
