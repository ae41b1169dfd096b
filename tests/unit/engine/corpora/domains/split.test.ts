import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitOf } from '../../../../../src/engine/corpora/domains/split.ts';

test('nine tenths are trained on, a twentieth each is kept for attribution and for tests; a group stays where it is', () => {
  const counts = { train: 0, attribute: 0, test: 0 };
  for (let group = 0; group < 10_000; group++) counts[splitOf(`group ${group}`)]++;
  // 500 expected, standard deviation sqrt(10000 * 0.05 * 0.95) = 22: five of them
  assert.ok(Math.abs(counts.attribute - 500) < 110 && Math.abs(counts.test - 500) < 110, JSON.stringify(counts));
  assert.equal(splitOf('a'), splitOf('a'));
});
