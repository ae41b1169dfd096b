import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateCatalog } from '../../../bench/generate-catalog.ts';
import { filterAddresses, searchMix, sortColumns } from '../../../bench/studio/queries.ts';
import { openCatalogReader } from '../../../src/main/catalog/opening.ts';
import { matchingContexts } from '../../../src/main/catalog/tables/columns.ts';
import { parseQuery, queryAddress } from '../../../src/renderer/src/feature/query.ts';
import { featureColumns } from '../../../src/shared/schema/feature-query.ts';

test('every filter of the bench is one that the table knows, and every column is sorted by', () => {
  for (const address of filterAddresses) assert.deepEqual(queryAddress(parseQuery(address)), address);
  assert.deepEqual(sortColumns.toSorted(), [...featureColumns].toSorted());
});

test('the mix of searches is the same each time, a quarter of two words', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-bench-queries-'));
  const path = join(folder, 'c.loupe');
  generateCatalog(path, { features: 20, contexts: 40, contextLength: 32, vocabulary: 600 });
  const db = openCatalogReader(path);
  const mix = searchMix(db, 1, 20, 0);
  assert.deepEqual(searchMix(db, 1, 20, 0), mix);
  assert.equal(mix.filter((text) => text.includes(' ')).length, 5);
  // Two of ten are common: in a tenth of the 40 contexts or more. The eighth, ninth of each ten.
  for (const i of [8, 9, 18]) for (const word of mix[i]!.split(' ')) assert.ok(matchingContexts(db, `"${word}"`).length >= 4, word);
  db.close();
  rmSync(folder, { recursive: true });
});
