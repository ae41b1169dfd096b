import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openMemory, openReader, openWriter } from '../../../../src/main/catalog/handle.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-handle-'));
const path = join(folder, 'x.db');
after(() => rmSync(folder, { recursive: true }));

const kind = (expected: string) => (error: unknown): boolean => error instanceof LoupeError && error.kind === expected;

test('a transaction is all or nothing, and a closed file is one file', () => {
  const db = openWriter(path, true);
  db.exec('CREATE TABLE t (a INTEGER) STRICT');
  assert.throws(() => db.transaction(() => {
    db.run('INSERT INTO t VALUES (1)');
    throw new Error('stop');
  }), /stop/);
  assert.deepEqual(db.all('SELECT * FROM t'), []);
  db.transaction(() => db.transaction(() => db.run('INSERT INTO t VALUES (2)')));
  assert.deepEqual([...db.each('SELECT a FROM t')], [[2]]);
  db.close();
  assert.deepEqual(readdirSync(folder), ['x.db']);
});

test('a reader cannot write, by its statements or by pragma', () => {
  const db = openReader(path);
  assert.equal(db.get('SELECT a FROM t')!['a'], 2);
  assert.throws(() => db.get('INSERT INTO t VALUES (3) RETURNING a'), kind('defect'));
  assert.equal(db.pragma('query_only'), 1);
  assert.equal(db.pragma('trusted_schema'), 0);
  db.close();
});

test('a file that is not there is not made by a reader, and not by a writer unless asked', () => {
  assert.throws(() => openReader(join(folder, 'none')), kind('not-found'));
  assert.throws(() => openWriter(join(folder, 'none'), false), kind('not-found'));
  assert.deepEqual(readdirSync(folder), ['x.db']);
});

test('a snapshot sees one state', () => {
  const writer = openWriter(path, false);
  const reader = openReader(path);
  const seen = reader.snapshot(() => reader.snapshot(() => reader.all('SELECT a FROM t').length));
  assert.equal(seen, 1);
  writer.close();
  reader.close();
});

test('memory databases take any schema', () => {
  const db = openMemory();
  db.exec('CREATE TABLE t (a)');
  assert.equal(db.run('INSERT INTO t VALUES (?)', 'x').changes, 1);
  db.close();
});
