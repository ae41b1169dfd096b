import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteError } from '../../../../src/main/catalog/sqlite-errors.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const kindOf = (code: string): string => (sqliteError(Object.assign(new Error('x'), { code }), 'c.loupe') as LoupeError).kind;

test('result codes have kinds, extended codes that of their family', () => {
  assert.equal(kindOf('SQLITE_FULL'), 'no-space');
  assert.equal(kindOf('SQLITE_READONLY_DIRECTORY'), 'read-only');
  assert.equal(kindOf('SQLITE_READONLY_ROLLBACK'), 'bad-file');
  assert.equal(kindOf('SQLITE_CORRUPT_VTAB'), 'bad-file');
  assert.equal(kindOf('SQLITE_BUSY_SNAPSHOT'), 'locked');
  assert.equal(kindOf('SQLITE_CONSTRAINT_CHECK'), 'defect');
});

test('the message names the file and the cure; the code is technical detail', () => {
  const error = sqliteError(Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' }), 'c.loupe') as LoupeError;
  assert.match(error.message, /c\.loupe: .*Free some space/);
  assert.match(error.detail!, /SQLITE_FULL: disk full/);
});

test('our own errors and strangers pass as they are', () => {
  const own = new LoupeError('conflict', 'x');
  const stranger = new TypeError('y');
  assert.equal(sqliteError(own, 'c'), own);
  assert.equal(sqliteError(stranger, 'c'), stranger);
});
