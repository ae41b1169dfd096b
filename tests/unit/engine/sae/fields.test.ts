import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kProblems, l1Fields, sparsityWarmup, thresholdFields, topKFields } from '../../../../src/engine/sae/fields.ts';

test('each shared field has a description, a default and a unit', () => {
  for (const [name, field] of Object.entries({ ...topKFields, ...thresholdFields, ...l1Fields, sparsityWarmup })) {
    assert.ok((field.description?.length ?? 0) > 20, name);
    assert.equal(typeof field.parse(undefined), 'number', name);
    assert.equal(typeof field.meta()?.['unit'], 'string', name);
  }
});

test('negative coefficients, shares above 1 and k above the width are refused', () => {
  assert.equal(l1Fields.l1Coefficient.safeParse(-1).success, false);
  assert.equal(topKFields.auxCoefficient.safeParse(-1e-3).success, false);
  assert.equal(sparsityWarmup.safeParse(1.1).success, false);
  assert.equal(thresholdFields.thresholdDecay.safeParse(1).success, false);
  assert.deepEqual(kProblems(3, 3), []);
  assert.deepEqual(kProblems(4, 3), ['k is 4, dSae is 3: choose k <= dSae']);
});
