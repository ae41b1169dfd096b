/** Whole chunks are recomputed by brute force in statistics.test.ts; here one feature by hand. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { countChunk } from '../../../../src/engine/interp/chunk.ts';
import { countFirings, writeBlock } from '../../../../src/engine/interp/codes.ts';
import { DocumentIndex } from '../../../../src/engine/interp/documents.ts';
import { options } from '../../../support/fake-statistics.ts';

test('two firings of feature 1 in one document, one in another', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-chunk-'));
  try {
    // Contexts of 4 rows; firings of feature 1 at rows 1, 2 and 6 with 4, 2 and 1.
    const values = Float32Array.of(0, 4, 2, 0, 0, 0, 1, 0);
    writeBlock(folder, 0, [{ firstRow: 0, mask: new Uint8Array(8).fill(1), codes: { rows: 8, width: 1, indices: new Int32Array(8).fill(1), values } }], 2);
    const { counts } = countFirings(folder, 1, 2);
    const chunk = countChunk({ folder, blocks: 1, contextLength: 4, counts, documents: new DocumentIndex([0, 4], [0, 1]) }, 0, 2, options);
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
