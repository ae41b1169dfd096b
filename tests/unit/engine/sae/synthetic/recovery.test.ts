import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featureRecovery } from '../../../../../src/engine/sae/synthetic/recovery.ts';
import { assertClose } from '../../../../support/closeness.ts';

test('recovery of the truth is 1, of an orthogonal space 0, and the sign counts unless codes are signed', () => {
  const truth = Float32Array.of(1, 0, 0, 1);
  assert.deepEqual(featureRecovery(truth, Float32Array.of(0, 5, 3, 0), 2), { frr: 1, mmcs: 1 });
  assert.deepEqual(featureRecovery(truth, Float32Array.of(-1, 0, 0, -1), 2), { frr: 0, mmcs: 0 });
  assert.deepEqual(featureRecovery(truth, Float32Array.of(-1, 0, 0, -1), 2, 0.9, true), { frr: 1, mmcs: 1 });
  assertClose([featureRecovery(Float32Array.of(1, 0, 0, 0), Float32Array.of(0, 0, 1, 0), 4).mmcs], [0], 1e-9);
});
