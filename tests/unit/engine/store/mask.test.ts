import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowMask } from '../../../../src/engine/store/mask.ts';

test('position 0 and special tokens are out; isolated documents lose their first token too', () => {
  const tokens = Int32Array.of(5, 6, 2, 7, 8, 9);
  const documents = Int32Array.of(0, 0, 0, 1, 1, 2);
  const manifest = { contextLength: 3, specialTokenIds: [2], isolate: false };
  assert.deepEqual([...rowMask(manifest, tokens, documents)], [0, 1, 0, 0, 1, 1]);
  assert.deepEqual([...rowMask({ ...manifest, isolate: true }, tokens, documents)], [0, 1, 0, 0, 1, 0]);
});
