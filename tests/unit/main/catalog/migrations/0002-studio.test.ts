import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemory } from '../../../../../src/main/catalog/handle.ts';
import { initial } from '../../../../../src/main/catalog/migrations/0001-initial.ts';
import { studio } from '../../../../../src/main/catalog/migrations/0002-studio.ts';

/** A catalog of the version before, with one feature and one label. */
function before() {
  const db = openMemory();
  initial.up(db);
  db.exec(`INSERT INTO models VALUES (1, 'h', 't', 'n', 'f', 1, 1)`);
  db.exec(`INSERT INTO stores VALUES (1, 1, 's', 'c', 'c', 8)`);
  db.exec(`INSERT INTO sources VALUES (1, 'sae', 'x', 1, 1, 'blocks.0.hook_resid_post', 0, NULL, 2, 100, 0, 1, '{}')`);
  db.exec(`INSERT INTO features (source, idx, firings, density, max, mean) VALUES (1, 0, 3, 0.03, 2, 1)`);
  db.exec(`INSERT INTO labels (uid, source, feature, text, author, kind, notes, created_at) VALUES ('u', 1, 0, 'herbs', 'a', 'manual', '', '2026-01-01')`);
  return db;
}

test('rows of the version before keep their figures and get the defaults', () => {
  const db = before();
  studio.up(db);
  const feature = db.get('SELECT density, max, min, token_class, family, score, notes FROM features')!;
  assert.deepEqual({ ...feature }, { density: 0.03, max: 2, min: 0, token_class: null, family: null, score: null, notes: 0 });
  assert.deepEqual({ ...db.get('SELECT text, family FROM labels')! }, { text: 'herbs', family: '' });
  db.close();
});

test('what people make carries a uid of its own, once', () => {
  const db = before();
  studio.up(db);
  for (const [table, rest] of [['lists', `'mine', '', 'a', 't', NULL`], ['views', `'dense', '{}', 'a', 't', NULL`]] as const) {
    db.exec(`INSERT INTO ${table} VALUES (1, 'same', ${rest})`);
    assert.throws(() => db.exec(`INSERT INTO ${table} VALUES (2, 'same', ${rest})`), table);
  }
  db.close();
});

test('what belongs to a feature goes with it', () => {
  const db = before();
  db.exec('PRAGMA foreign_keys = ON');
  studio.up(db);
  db.exec(`INSERT INTO comments VALUES (1, 'c', 1, 0, 'a remark', 'a', 't', NULL)`);
  db.exec(`INSERT INTO reviews VALUES (1, 0, 'a', 'unsure', 't')`);
  db.exec('DELETE FROM features');
  for (const table of ['comments', 'reviews', 'labels']) assert.equal(db.all(`SELECT * FROM ${table}`).length, 0, table);
  db.close();
});

test('a label changes the indexes by label and by change alone; the first serves sorting and counting', () => {
  const db = before();
  studio.up(db);
  const names = db.all(`SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'features' AND sql IS NOT NULL ORDER BY name`).map((row) => row['name']);
  assert.deepEqual(names, ['features_by_change', 'features_by_label']);
  const plan = (sql: string): string => db.all(`EXPLAIN QUERY PLAN ${sql}`).map((row) => String(row['detail'])).join('; ');
  const sorted = plan('SELECT idx FROM features WHERE source = 1 AND labelled = 1 ORDER BY label COLLATE NOCASE, idx');
  assert.match(sorted, /COVERING INDEX features_by_label/);
  assert.doesNotMatch(sorted, /TEMP B-TREE/);
  assert.match(plan('SELECT count(*) FROM features WHERE source = 1 AND labelled = 1'), /COVERING INDEX features_by_label/);
  db.close();
});
