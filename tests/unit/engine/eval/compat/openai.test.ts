import { test } from 'node:test';
import { countedBatch } from '../../../../../src/engine/eval/compat/batch.ts';
import { openaiNmse } from '../../../../../src/engine/eval/compat/openai.ts';
import { assertClose } from '../../../../support/closeness.ts';

test('the error of each token is relative to its own square', () => {
  const sums = openaiNmse.create(1);
  const codes = { rows: 2, width: 0, indices: new Int32Array(0), values: new Float32Array(0) };
  sums.add(countedBatch({ x: Float32Array.of(3, 4, 1, 0), y: Float32Array.of(0, 4, 0, 1), codes, d: 2, mask: Uint8Array.of(1, 1) }));
  // |e|^2 / |x|^2: 9 / 25 and 2 / 1
  assertClose([sums.result()['normalized_mse']!], [(9 / 25 + 2) / 2], 1e-12);
});
