import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemory } from '../../../../src/main/catalog/handle.ts';
import { applicationId, checkSchema, migrate, schemaProblems, schemaVersion } from '../../../../src/main/catalog/schema.ts';
import type { LoupeError } from '../../../../src/shared/errors.ts';

test('an empty file is brought to the newest schema, and is then as it should be', () => {
  const db = openMemory();
  migrate(db, 0);
  assert.equal(db.pragma('application_id'), applicationId);
  assert.equal(checkSchema(db), schemaVersion);
  db.close();
});

test('migrations rise by one, each in a transaction that leaves nothing behind when it fails', () => {
  const db = openMemory();
  const first = { version: 1, what: 'a', up: () => db.exec('CREATE TABLE a (x)') };
  const broken = { version: 2, what: 'b', up: () => { db.exec('CREATE TABLE b (x)'); throw new Error('stop'); } };
  assert.throws(() => migrate(db, 0, [first, broken]), /stop/);
  assert.equal(db.pragma('user_version'), 1);
  assert.deepEqual(db.all('SELECT name FROM sqlite_schema').map((row) => row['name']), ['a']);
  assert.throws(() => migrate(db, 1, [{ ...broken, version: 3 }]), /follows 1/);
  db.close();
});

test('what is missing, strange or changed is named', () => {
  const db = openMemory();
  migrate(db, 0);
  db.exec('DROP INDEX labels_by_feature; CREATE VIEW v AS SELECT 1; DROP INDEX features_by_label; CREATE INDEX features_by_label ON features (label)');
  const problems = schemaProblems(db, schemaVersion).join('\n');
  assert.match(problems, /lacks the index labels_by_feature/);
  assert.match(problems, /a view that Loupe never makes: "v"/);
  assert.match(problems, /index features_by_label is not as Loupe makes it/);
  db.close();
});

test('another program\'s file, a newer one, and version 0 are refused by kind', () => {
  const kindAfter = (sql: string): string => {
    const db = openMemory();
    migrate(db, 0);
    db.pragma(sql);
    try {
      checkSchema(db);
      return 'none';
    } catch (error) {
      return (error as LoupeError).kind;
    } finally {
      db.close();
    }
  };
  assert.equal(kindAfter('application_id = 5'), 'bad-file');
  assert.equal(kindAfter('user_version = 999'), 'catalog-from-future');
  assert.equal(kindAfter('user_version = 0'), 'bad-file');
});
