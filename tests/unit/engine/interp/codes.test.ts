import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { countFirings, hasBlock, rangesWithin, readBlock, readFirings, writeBlock } from '../../../../src/engine/interp/codes.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-codes-'));
after(() => rmSync(folder, { recursive: true }));

/** Two slots a row; `pairs` are [feature, value] slot by slot. */
const batch = (firstRow: number, mask: number[], pairs: [number, number][]) => ({
  firstRow, mask: Uint8Array.from(mask),
  codes: { rows: mask.length, width: 2, indices: Int32Array.from(pairs, ([feature]) => feature), values: Float32Array.from(pairs, ([, value]) => value) },
});

before(() => {
  // Block 0 holds rows 0 to 3 in two batches; row 1 is masked. Unused slots have value 0.
  writeBlock(folder, 0, [batch(0, [1, 0], [[2, 0.5], [0, 1], [2, 9], [1, 9]]), batch(2, [1, 1], [[2, 1.5], [0, 0], [0, 2], [2, 2.5]])], 3);
  // A firing below 0 is one like any other.
  writeBlock(folder, 1, [batch(4, [1], [[0, 3], [2, -0.25]])], 3);
});

test('firings are counted over blocks, masked rows and empty slots left out', () => {
  const { counts, byBlock, tokens } = countFirings(folder, 2, 3);
  assert.deepEqual([...counts], [3, 0, 4]);
  assert.deepEqual(byBlock, [5, 2]);
  assert.equal(tokens, 4);
});

test('the firings of a range of features come by feature, in row order over blocks', () => {
  const { counts } = countFirings(folder, 2, 3);
  const all = readFirings(folder, 2, 0, 3, counts);
  assert.deepEqual([...all.offsets], [0, 3, 3, 7]);
  assert.deepEqual([...all.rows], [0, 3, 4, 0, 2, 3, 4]);
  assert.deepEqual([...all.values], [1, 2, 3, 0.5, 1.5, 2.5, -0.25]);
  const last = readFirings(folder, 2, 2, 1, counts);
  assert.deepEqual([...last.rows], [0, 2, 3, 4]);
  assert.deepEqual([...readFirings(folder, 2, 1, 1, counts).rows], []);
});

test('a block is read as it lies', () => {
  assert.deepEqual(readBlock(folder, 1), { offsets: Int32Array.of(0, 1, 1, 2), rows: Int32Array.of(4, 4), values: Float32Array.of(3, -0.25) });
});

test('ranges keep within the budget, one feature at the least', () => {
  assert.deepEqual([...rangesWithin(0, 5, Float64Array.of(3, 4, 9, 1, 1), 7)], [[0, 2], [2, 3], [3, 5]]);
  assert.deepEqual([...rangesWithin(2, 1, Float64Array.of(0, 0, 100), 7)], [[2, 3]]);
});

test('a value that is no number is refused before anything is written', () => {
  assert.throws(() => writeBlock(folder, 5, [batch(0, [1], [[0, NaN], [1, 1]])], 3), (error: unknown) => error instanceof LoupeError && error.kind === 'not-finite');
  assert.throws(() => writeBlock(folder, 5, [batch(0, [1], [[3, 1], [1, 1]])], 3), (error: unknown) => error instanceof LoupeError && error.kind === 'defect');
  assert.equal(hasBlock(folder, 5), false);
  assert.equal(hasBlock(folder, 0), true);
});
