import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withForeign } from '../../../../src/main/catalog/foreign.ts';
import { openWriter } from '../../../../src/main/catalog/handle.ts';
import { initial } from '../../../../src/main/catalog/migrations/0001-initial.ts';
import { makeCatalog } from '../../../../src/main/catalog/opening.ts';
import { migrate, schemaVersion } from '../../../../src/main/catalog/schema.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { snapshot } from '../../../support/folders.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a catalog of an older schema is read in the newest, and stays as it is', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'old.loupe');
  const old = openWriter(path, true);
  migrate(old, 0, [initial]);
  old.close();
  const before = snapshot(folder);
  assert.equal(withForeign(path, false, (db) => Number(db.pragma('user_version'))), schemaVersion);
  assert.deepEqual(snapshot(folder), before);
});

test('nothing can be written through the reader, and nothing is left beside the file', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'c.loupe');
  makeCatalog(path);
  withForeign(path, false, (db) => assert.throws(() => db.all(`INSERT INTO info VALUES ('a', 'b')`)));
  assert.deepEqual(readdirSync(folder), ['c.loupe']);
});

test('a file with something smuggled in never reaches the work', (t) => {
  const path = join(temporaryFolder(t), 'c.loupe');
  makeCatalog(path, (db) => db.exec('CREATE TABLE evil (a)'));
  assert.throws(() => withForeign(path, false, () => assert.fail('it was read')), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file');
});
