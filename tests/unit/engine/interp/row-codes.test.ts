import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeBlock } from '../../../../src/engine/interp/codes.ts';
import { readRowCodes, segmentsOf } from '../../../../src/engine/interp/row-codes.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-row-codes-'));
after(() => rmSync(folder, { recursive: true }));

/** Two blocks of two rows: row 0 has features 2 and 0, row 1 is masked, row 2 has feature 1 below 0, row 3 feature 0. */
before(() => {
  const batch = (firstRow: number, mask: number[], pairs: [number, number][]) => ({
    firstRow, mask: Uint8Array.from(mask), codes: { rows: 2, width: 2, indices: Int32Array.from(pairs, ([feature]) => feature), values: Float32Array.from(pairs, ([, value]) => value) },
  });
  writeBlock(folder, 0, [batch(0, [1, 0], [[2, 0.5], [0, 1], [1, 9], [2, 9]])], 3);
  writeBlock(folder, 1, [batch(2, [1, 1], [[1, -2], [0, 0], [0, 3], [1, 0]])], 3);
});

test('what fires on each token, features rising', () => {
  const codes = readRowCodes(folder, { firstBlock: 0, blocks: 2, firings: 4 }, 2);
  assert.deepEqual([...codes.starts], [0, 2, 2, 3, 4]);
  assert.deepEqual([...codes.features], [0, 2, 1, 0]);
  assert.deepEqual([...codes.values], [1, 0.5, -2, 3]);
  const second = readRowCodes(folder, { firstBlock: 1, blocks: 1, firings: 2 }, 2);
  assert.deepEqual([second.firstRow, [...second.features]], [2, [1, 0]]);
});

test('segments hold as many blocks as fit, one at the least', () => {
  assert.deepEqual(segmentsOf([3, 4, 9, 1, 1], 7), [
    { firstBlock: 0, blocks: 2, firings: 7 }, { firstBlock: 2, blocks: 1, firings: 9 }, { firstBlock: 3, blocks: 2, firings: 2 },
  ]);
  assert.deepEqual(segmentsOf([], 7), []);
});
