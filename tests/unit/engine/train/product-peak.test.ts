import assert from 'node:assert/strict';
import { test } from 'node:test';
import { productPeak } from '../../../../src/engine/train/product-peak.ts';
import { eachBackend } from '../../../support/backends.ts';

test('the peak is a positive rate, and nothing is left on the backend', async (t) => {
  await eachBackend(t, () => {
    const rate = productPeak(32, 16, 128);
    assert.ok(Number.isFinite(rate) && rate > 0, String(rate));
  });
});
