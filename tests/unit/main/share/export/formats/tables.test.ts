/** CSV and Parquet: what is read back is what the catalog holds, hostile words included. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test, after } from 'node:test';
import { asyncBufferFromFile, parquetReadObjects, parquetMetadataAsync } from 'hyparquet';
import { openCatalogReader } from '../../../../../../src/main/catalog/opening.ts';
import { featurePageOf } from '../../../../../../src/main/catalog/reading.ts';
import { csvCell } from '../../../../../../src/main/share/export/formats/csv.ts';
import { hostileCatalog, hostileLabels, hostileTokens } from '../../../../../support/hostile-catalog.ts';
import { exportTo } from '../../../../../support/share.ts';
import { temporaryFolder } from '../../../../../support/temporary.ts';

const clean: (() => void)[] = [];
const folder = temporaryFolder({ after: (end) => clean.push(end) });
after(() => clean.forEach((end) => end()));
const from = join(folder, 'from.loupe');
before(() => hostileCatalog(from));

/** A reader of RFC 4180 that refuses what the RFC does not allow. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length; ) {
    const cell = text[at] === '"' ? /^"((?:[^"]|"")*)"(,|\r\n)/.exec(text.slice(at)) : /^([^",\r\n]*)(,|\r\n)/.exec(text.slice(at));
    assert.ok(cell !== null, `no cell at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    row.push(cell[1]!.replaceAll('""', '"'));
    if (cell[2] === '\r\n') [rows[rows.length], row] = [row, []];
    at += cell[0].length;
  }
  return rows;
}

describe('csv', () => {
  test('quotes what needs it, and guards what a spreadsheet would compute; numbers stay numbers', () => {
    assert.equal(csvCell('a "b", c', true), '"a ""b"", c"');
    for (const start of ['=', '+', '-', '@', '\t']) assert.equal(csvCell(`${start}1`, true), `'${start}1`);
    assert.equal(csvCell('=1', false), '=1');
    assert.equal(csvCell(-1.5, true), '-1.5');
    assert.equal(csvCell(null, true), '');
    assert.equal(csvCell('a\0b', true), 'a\uFFFDb');
  });

  test('features and labels come back as they were', () => {
    const out = join(folder, 'csv');
    exportTo(from, 'csv', out, { guardFormulas: false });
    const [head, ...rows] = parseCsv(readFileSync(join(out, 'features.csv'), 'utf8'));
    assert.deepEqual(rows.map((row) => row[head!.indexOf('label')]), [...hostileLabels]);
    assert.deepEqual(rows.map((row) => row[head!.indexOf('feature')]), ['0', '1', '2', '3', '4']);
    assert.deepEqual(rows.map((row) => Number(row[head!.indexOf('density')])), new Array(5).fill(2 / 18));
    const [, ...labels] = parseCsv(readFileSync(join(out, 'labels.csv'), 'utf8'));
    assert.deepEqual(labels.map((row) => row[3]), [...hostileLabels]);
  });

  test('by default no cell begins a formula', () => {
    const out = join(folder, 'guarded');
    exportTo(from, 'csv', out);
    for (const file of ['features.csv', 'labels.csv']) {
      for (const cell of parseCsv(readFileSync(join(out, file), 'utf8')).flat()) assert.ok(!/^[=+@\t\r]/.test(cell), cell);
    }
  });
});

describe('parquet', () => {
  const rows = async (name: string): Promise<Record<string, unknown>[]> => parquetReadObjects({ file: await asyncBufferFromFile(join(folder, 'parquet', `${name}.parquet`)) });
  before(() => exportTo(from, 'parquet', join(folder, 'parquet')));

  test('features with typed columns', async () => {
    const features = await rows('features');
    assert.deepEqual(features.map((row) => [row['feature'], row['label'], row['firings'], row['dead']]), hostileLabels.map((label, index) => [index, label, 2n, false]));
    assert.deepEqual(features[0]!['top_tokens'], [hostileTokens[1]]);
    assert.deepEqual((features[0]!['histogram'] as bigint[]).slice(-2), [0n, 2n]);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(folder, 'parquet', 'features.parquet')));
    const types = Object.fromEntries(metadata.schema.map((element) => [element.name, element.type]));
    assert.deepEqual([types['feature'], types['density'], types['max'], types['label'], types['firings']], ['INT32', 'DOUBLE', 'FLOAT', 'BYTE_ARRAY', 'INT64']);
  });

  test('labels', async () => {
    assert.deepEqual((await rows('labels')).map((row) => [row['text'], row['current'], row['confidence'], row['undone_at'] ?? null]), hostileLabels.map((label) => [label, true, 1, null]));
  });

  test('examples with their tokens and activations', async () => {
    const db = openCatalogReader(from);
    const shown = [0, 1, 2, 3, 4].flatMap((index) => featurePageOf(db, { source: 1, index }).groups[0]!.examples);
    db.close();
    const examples = await rows('examples');
    assert.deepEqual(examples.map((row) => row['tokens']), shown.map((example) => example.tokens));
    assert.deepEqual(examples.map((row) => row['activations']), shown.map((example) => [...(example.activations.data as Float32Array)]));
  });
});
