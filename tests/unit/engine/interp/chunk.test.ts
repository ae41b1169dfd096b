/** Whole chunks are recomputed by brute force in statistics.test.ts; here one feature by hand. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { countChunk } from '../../../../src/engine/interp/chunk.ts';
import { Cofiring } from '../../../../src/engine/interp/cofiring.ts';
import { countFirings, writeBlock } from '../../../../src/engine/interp/codes.ts';
import { DocumentIndex } from '../../../../src/engine/interp/documents.ts';
import { Relations } from '../../../../src/engine/interp/relations.ts';
import { options } from '../../../support/fake-statistics.ts';

const none = (n: number) => ({
  blocks: 1, sums: new Float64Array(n), squares: new Float64Array(n), shift: new Float32Array(1), xSums: new Float64Array(1), xSquares: new Float64Array(1), products: new Float32Array(n),
});

/** The chunk of both features over eight rows in contexts and documents of four, one slot a row, always feature 1. */
function count(folder: string, values: Float32Array) {
  writeBlock(folder, 0, [{ firstRow: 0, mask: new Uint8Array(8).fill(1), codes: { rows: 8, width: 1, indices: new Int32Array(8).fill(1), values } }], 2);
  const { counts, byBlock } = countFirings(folder, 1, 2);
  const relations = new Relations(new Cofiring(folder, byBlock, 8, 2), none(2), counts, 8, 3);
  return countChunk({ folder, blocks: 1, contextLength: 4, counts, documents: new DocumentIndex([0, 4], [0, 1]), relations }, 0, 2, options);
}

test('firings below 0 are counted and shown as groups of their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-chunk-'));
  try {
    // Above: 4 at row 1 and 1 at row 6; below: -2 at row 2 and -8 at row 5.
    const chunk = count(folder, Float32Array.of(0, 4, -2, 0, 0, -8, 1, 0));
    assert.deepEqual([chunk.firings[1], chunk.max[1], chunk.extras.min[1], chunk.mean[1]], [4, 4, -8, (4 - 2 - 8 + 1) / 4]);
    assert.deepEqual([...chunk.bins.subarray(5)], [1, 0, 0, 1, 0]);
    // Fifths of (0, 8] below 0: 8 in the highest, 2 in (1.6, 3.2].
    assert.deepEqual([...chunk.extras.negativeBins.subarray(5)], [1, 0, 0, 1, 0]);
    assert.equal(chunk.extras.negativeHistogram.subarray(50).reduce((a, b) => a + b), 2);
    const { examples } = chunk;
    assert.deepEqual([...examples.group], [0, 0, 1, 4, 6, 6, 7, 10]);
    assert.deepEqual([...examples.value], [4, 1, 4, 1, -8, -2, -8, -2]);
    // A window has the firings of both signs.
    assert.deepEqual([...examples.activations.subarray(0, 8)], [0, 4, -2, 0, 0, -8, 1, 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('two firings of feature 1 in one document, one in another', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-chunk-'));
  try {
    // Contexts of 4 rows; firings of feature 1 at rows 1, 2 and 6 with 4, 2 and 1.
    const values = Float32Array.of(0, 4, 2, 0, 0, 0, 1, 0);
    const chunk = count(folder, values);
    assert.deepEqual([...chunk.firings], [0, 3]);
    assert.deepEqual([chunk.max[1], chunk.mean[1]], [4, Math.fround(7 / 3)]);
    // Fifths of (0, 4]: 4 in the highest, 2 in (1.6, 2.4], 1 in (0.8, 1.6].
    assert.deepEqual([...chunk.bins.subarray(5)], [1, 0, 1, 1, 0]);
    const { examples } = chunk;
    assert.deepEqual([...examples.offsets], [0, 0, 5]);
    assert.deepEqual([...examples.group], [0, 0, 1, 3, 4]);
    assert.deepEqual([...examples.value], [4, 1, 4, 2, 1]);
    assert.deepEqual([...examples.context], [0, 1, 0, 0, 1]);
    assert.deepEqual([...examples.activations.subarray(0, 8)], [0, 4, 2, 0, 0, 0, 1, 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
