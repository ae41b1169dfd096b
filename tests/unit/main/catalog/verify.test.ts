/** Harmed and hostile files are in hostile.test.ts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { openCatalogWriter } from '../../../../src/main/catalog/opening.ts';
import { verify } from '../../../../src/main/catalog/verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-verify-'));
const path = join(folder, 'c.loupe');
after(() => rmSync(folder, { recursive: true }));

test('a sound catalog is checked from header to text index', () => {
  generateCatalog(path, { features: 30, contexts: 10, contextLength: 64, vocabulary: 100, labelled: 1 });
  const report = verify(path);
  assert.deepEqual([report.ok, report.complete, report.problems], [true, true, []]);
  assert.deepEqual(report.checked.map((part) => part.split(':')[0]), ['header', 'schema', 'pages and indexes', 'references', 'sources', 'contexts', 'features of source 1', 'packed columns', 'labels', 'scores', 'reviews', 'lists', 'views', 'comments', 'what people made', 'directions', 'maps', 'text index']);
});

test('features that a complete source lacks are a problem; of an incomplete one they are not', () => {
  const db = openCatalogWriter(path);
  db.run('DELETE FROM features WHERE idx >= 20');
  db.close();
  assert.match(verify(path).problems.join('\n'), /20 of 30 features/);
  const again = openCatalogWriter(path);
  again.run('UPDATE sources SET complete = 0');
  again.close();
  const report = verify(path);
  assert.deepEqual([report.ok, report.complete, report.problems], [true, false, []]);
});

test('a revision that is no whole number is a problem: readers go by it', () => {
  for (const stray of ['-1', '9007199254740992']) {
    const db = openCatalogWriter(path);
    db.run(`UPDATE features SET changed = ${stray} WHERE idx = 3`);
    db.close();
    assert.match(verify(path).problems.join('\n'), /source 1: 1 features have a revision/, stray);
  }
  const db = openCatalogWriter(path);
  db.run('UPDATE features SET changed = 0 WHERE idx = 3');
  db.close();
  assert.deepEqual(verify(path).problems, []);
});
