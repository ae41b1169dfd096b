import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { inspectCatalog } from '../../../../src/main/catalog/inspect.ts';
import { openCatalogWriter } from '../../../../src/main/catalog/opening.ts';
import { schemaVersion } from '../../../../src/main/catalog/schema.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a catalog tells its sources, their provenance and who labelled', (t) => {
  const path = join(temporaryFolder(t), 'c.loupe');
  generateCatalog(path, { features: 10, contexts: 4, contextLength: 32, vocabulary: 40, labelled: 1 });
  const found = inspectCatalog(path, false);
  assert.deepEqual([found.bytes, found.schemaVersion, found.sources.length], [statSync(path).size, schemaVersion, 1]);
  const [source] = found.sources;
  assert.deepEqual([source!.features, source!.labelled, source!.corpus], [10, 10, 'generated']);
  assert.match(source!.provenance, /generated/);
  assert.equal(found.authors.reduce((n, { rows }) => n + rows, 0) >= 10, true);
});

test('what was smuggled in is found before anything is told', (t) => {
  const path = join(temporaryFolder(t), 'c.loupe');
  generateCatalog(path, { features: 4, contexts: 4, contextLength: 32, vocabulary: 40 });
  const db = openCatalogWriter(path);
  db.exec('CREATE VIEW evil AS SELECT * FROM labels');
  db.close();
  assert.throws(() => inspectCatalog(path, false), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file');
});
