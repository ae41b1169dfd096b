import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateCatalog } from '../../../../../bench/generate-catalog.ts';
import { openCatalogReader } from '../../../../../src/main/catalog/opening.ts';
import { exportEstimate } from '../../../../../src/main/share/export/estimate.ts';
import { exportFormats, exportSelectionSchema } from '../../../../../src/shared/schema/export.ts';
import { exportTo } from '../../../../support/share.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const clean: (() => void)[] = [];
const folder = temporaryFolder({ after: (end) => clean.push(end) });
after(() => clean.forEach((end) => end()));
const from = join(folder, 'from.loupe');
before(() => generateCatalog(from, { features: 120, contexts: 60, contextLength: 128, vocabulary: 1000 }));
const all = exportSelectionSchema.parse({});

test('an estimate is within a factor of two of what is written', () => {
  const db = openCatalogReader(from);
  const { features, bytes } = exportEstimate(db, { selection: all, examples: null });
  db.close();
  assert.equal(features, 120);
  for (const format of exportFormats) {
    const written = Number(exportTo(from, format, join(folder, format))['bytes']) - (format === 'html' ? 60_000 : 0);
    assert.ok(bytes[format] > written / 2 && bytes[format] < written * 2, `${format}: ${bytes[format]} for ${written}`);
  }
});

test('fewer features and examples take less; an empty selection is said', () => {
  const db = openCatalogReader(from);
  const of = (selection: object, examples: number | null): number => exportEstimate(db, { selection: exportSelectionSchema.parse(selection), examples }).bytes.html;
  assert.ok(of({ indices: '0-29' }, null) < of({}, null) / 3);
  assert.ok(of({}, 5) < of({}, 20));
  assert.ok(of({}, 0) < of({}, 5));
  assert.throws(() => of({ indices: '999' }, null), { kind: 'not-found' });
  db.close();
});
