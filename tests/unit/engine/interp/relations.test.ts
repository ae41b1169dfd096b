/** Every list is recomputed by brute force in statistics.test.ts; here, what lists look like where there is nothing to say. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Cofiring } from '../../../../src/engine/interp/cofiring.ts';
import { countFirings, readFirings, writeBlock } from '../../../../src/engine/interp/codes.ts';
import { Relations } from '../../../../src/engine/interp/relations.ts';

test('two features that always fire together, one alone, one dead', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-relations-'));
  try {
    // Rows 0 and 1: features 0 and 1 fire with 1 and 2; row 2: feature 2; row 3: nothing.
    const codes = { rows: 4, width: 2, indices: Int32Array.of(0, 1, 0, 1, 2, 0, 0, 0), values: Float32Array.of(1, 2, 1, 2, 5, 0, 0, 0) };
    writeBlock(folder, 0, [{ firstRow: 0, mask: new Uint8Array(4).fill(1), codes }], 4);
    const { counts, byBlock } = countFirings(folder, 1, 4);
    // One dimension, 1 on rows 0 and 1, else 0: the same as feature 0.
    const moments = {
      blocks: 1, sums: Float64Array.of(2, 4, 5, 0), squares: Float64Array.of(2, 8, 25, 0), shift: new Float32Array(1), xSums: Float64Array.of(2), xSquares: Float64Array.of(2),
      products: Float32Array.of(2, 4, 0, 0),
    };
    const relations = new Relations(new Cofiring(folder, byBlock, 4, 4), moments, counts, 4, 2);
    const lists = relations.lists(4);
    relations.fill(readFirings(folder, 1, 0, 4, counts), 0, lists);
    assert.deepEqual([...lists.correlatedIds], [1, -1, 0, -1, -1, -1, -1, -1]);
    assert.deepEqual([...lists.correlatedValues], [1, 0, 1, 0, 0, 0, 0, 0]);
    assert.deepEqual([...lists.cooccurringIds], [1, -1, 0, -1, -1, -1, -1, -1]);
    assert.deepEqual([...lists.cooccurringCounts], [2, 0, 2, 0, 0, 0, 0, 0]);
    assert.deepEqual([...lists.neuronIds], [0, -1, 0, -1, -1, -1, -1, -1]);
    assert.deepEqual([...lists.neuronValues], [1, 0, 1, 0, 0, 0, 0, 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
