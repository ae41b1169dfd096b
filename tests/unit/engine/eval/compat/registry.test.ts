import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedBatch } from '../../../../../src/engine/eval/compat/batch.ts';
import { compatForms } from '../../../../../src/engine/eval/compat/registry.ts';

test('every form gives exactly the figures that it has formulas for', () => {
  const codes = { rows: 2, width: 1, indices: Int32Array.of(0, 1), values: Float32Array.of(1, 2) };
  for (const { id, create, formulas } of compatForms) {
    const sums = create(3);
    sums.add(countedBatch({ x: Float32Array.of(1, 2, 3, 5), y: Float32Array.of(1, 1, 3, 4), codes, d: 2, mask: Uint8Array.of(1, 1) }));
    assert.deepEqual(Object.keys(sums.result()).sort(), Object.keys(formulas).sort(), id);
  }
});
