import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeCatalog, openCatalogReader, openCatalogWriter } from '../../../../src/main/catalog/opening.ts';
import { info } from '../../../../src/main/catalog/tables/info.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-opening-'));
const path = join(folder, 'c.loupe');
after(() => rmSync(folder, { recursive: true }));

const kind = (expected: string) => (error: unknown): boolean => error instanceof LoupeError && error.kind === expected;

test('a new catalog has an identity, opens for reading and writing, and is never replaced', () => {
  makeCatalog(path);
  const reader = openCatalogReader(path);
  assert.match(info(reader).get('uid')!, /^[0-9a-f-]{36}$/);
  reader.close();
  openCatalogWriter(path).close();
  assert.throws(() => makeCatalog(path), kind('conflict'));
});

test('when filling fails nothing is left', () => {
  assert.throws(() => makeCatalog(join(folder, 'd.loupe'), () => { throw new Error('stop'); }), /stop/);
  assert.deepEqual(readdirSync(folder), ['c.loupe']);
});

test('a folder that does not exist is said', () => {
  assert.throws(() => makeCatalog(join(folder, 'no', 'd.loupe')), kind('not-found'));
});
