import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSources, relativeNormHistogram } from '../../../../src/engine/sae/source-norms.ts';
import { assertClose } from '../../../support/closeness.ts';

test('relative norms and cosines of decoder rows, worked by hand', () => {
  // Rows of two sources of width 2: [3,4 | 0,5], [1,0 | 0,0], [0,0 | 2,0], [0,0 | 0,0].
  const { relative, cosine } = compareSources(Float32Array.of(3, 4, 0, 5, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0), 4, 2);
  assertClose(relative.subarray(0, 3), [0.5, 0, 1], 1e-6);
  assertClose(cosine.subarray(0, 1), [0.8], 1e-6);
  assert.ok(Number.isNaN(relative[3]!) && Number.isNaN(cosine[1]!));
  assert.deepEqual(relativeNormHistogram(relative, 4), [1, 0, 1, 1]);
  // The third of three sources against the first.
  assertClose(compareSources(Float32Array.of(1, 9, 3), 1, 3, 0, 2).relative, [0.75], 1e-6);
});
