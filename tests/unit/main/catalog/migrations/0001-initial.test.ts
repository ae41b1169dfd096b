import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { openMemory } from '../../../../../src/main/catalog/handle.ts';
import { initial } from '../../../../../src/main/catalog/migrations/0001-initial.ts';
import { readSchema } from '../../../../../src/main/catalog/tables/schema.ts';

function fresh() {
  const db = openMemory();
  initial.up(db);
  return db;
}

test('never changes after a release: files with it are about', () => {
  const db = fresh();
  const text = readSchema(db).filter(({ name }) => !/_fts_|^sqlite_/.test(name)).map(({ type, name, sql }) => `${type} ${name} ${(sql ?? '').replace(/\s+/g, ' ')}`).join('\n');
  assert.equal(createHash('sha256').update(text).digest('hex').slice(0, 16), '225ab2bdf0405bb3');
  db.close();
});

test('tables are strict: a text where a number belongs is refused', () => {
  const db = fresh();
  db.exec(`INSERT INTO models VALUES (1, 'h', 't', 'n', 'f', 1, 1)`);
  assert.throws(() => db.exec(`INSERT INTO models VALUES (2, 'h2', 't', 'n', 'f', 'wide', 1)`));
  db.close();
});

test('sorting the feature table by any column needs its index alone', () => {
  const db = fresh();
  for (const column of ['density', 'max', 'mean']) {
    const plan = db.all(`EXPLAIN QUERY PLAN SELECT idx FROM features WHERE source = 1 AND density >= 0.1 AND max <= 3 AND labelled = 0 ORDER BY ${column} DESC, idx DESC LIMIT 100`);
    const text = plan.map((row) => String(row['detail'])).join('; ');
    assert.match(text, new RegExp(`USING COVERING INDEX features_by_`), text);
  }
  const byDensity = db.all('EXPLAIN QUERY PLAN SELECT idx FROM features WHERE source = 1 ORDER BY density DESC, idx DESC LIMIT 100').map((row) => String(row['detail'])).join('; ');
  assert.match(byDensity, /COVERING INDEX features_by_density/);
  assert.doesNotMatch(byDensity, /TEMP B-TREE/);
  db.close();
});
