import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Coder, contextsOfRows, figureNames, figuresOfRows, packedContexts, packedFigure, packedProblems, packedTokenClass, packMissing, packSource } from '../../../../../src/main/catalog/columns/packed.ts';
import { putPackedColumn } from '../../../../../src/main/catalog/tables/columns.ts';
import { source } from '../../../../../src/main/catalog/tables/sources.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('packed columns say what the rows say', () => {
  const db = smallCatalog();
  const row = source(db, 1)!;
  packSource(db, row);
  const { columns } = figuresOfRows(db, row);
  assert.deepEqual([...columns.max], [2, 1, 0]);
  for (const name of figureNames) assert.deepEqual(packedFigure(db, row, name), columns[name]);
  assert.deepEqual([...packedTokenClass(db, row)!.codes], [0, 0, 0]);
  // Feature 0 has examples in contexts 1 and 2, feature 1 in context 2, feature 2 is dead.
  const { offsets, contexts, last } = packedContexts(db, row)!;
  assert.deepEqual([[...offsets], [...contexts], last], [[0, 2, 3, 3], [1, 2, 2], 2]);
  assert.deepEqual(contextsOfRows(db, row), packedContexts(db, row));
  assert.deepEqual(packedProblems(db, row), []);
  db.close();
});

test('blobs of another size, offsets that lead outside and negative contexts are as if they were not there', () => {
  const db = smallCatalog();
  const row = source(db, 1)!;
  const ints = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
  putPackedColumn(db, 1, 'max', new Uint8Array(16));
  assert.equal(packedFigure(db, row, 'max'), null);
  for (const bad of [ints(0, 2, 1, 1, 5), ints(0, 0, 0, 2, 5), ints(1, 1, 1, 1, 5), ints(0, 1, 1, 1, -5), ints(0, 1, 1, 1, 2 ** 31 - 1), new Uint8Array(7), ints(0)]) {
    putPackedColumn(db, 1, 'contexts', bad);
    assert.equal(packedContexts(db, row), null);
  }
  putPackedColumn(db, 1, 'token_class', Uint8Array.of(1, 0, 2, 0, 0, 0, ...new TextEncoder().encode('digits')));
  assert.equal(packedTokenClass(db, row), null);
  db.close();
});

test('what disagrees with the rows is named, and so is a column that nobody writes', () => {
  const db = smallCatalog();
  const row = source(db, 1)!;
  packSource(db, row);
  putPackedColumn(db, 1, 'max', new Uint8Array(Float64Array.of(2, 1, 9).buffer));
  putPackedColumn(db, 1, 'other', new Uint8Array(1));
  assert.deepEqual(packedProblems(db, row).map((problem) => /max|other/.exec(problem)?.[0]), ['max', 'other']);
  assert.deepEqual(packedProblems(db, { ...row, complete: false }), []);
  db.close();
});

test('an incomplete source is not packed; complete ones without columns are, once', () => {
  const db = smallCatalog();
  const row = source(db, 1)!;
  assert.throws(() => packSource(db, { ...row, complete: false }), (error: unknown) => error instanceof LoupeError && error.kind === 'defect');
  assert.deepEqual(packedProblems(db, row), []);
  packMissing(db);
  assert.ok(packedFigure(db, row, 'mean') !== null);
  db.close();
});

test('names get codes in order of first use, and nothing gets 0', () => {
  const coder = new Coder();
  assert.deepEqual(['digits', '', null, 'names', 'digits'].map((name) => coder.code(name)), [1, 0, 0, 2, 1]);
  assert.deepEqual(coder.names, ['digits', 'names']);
});
