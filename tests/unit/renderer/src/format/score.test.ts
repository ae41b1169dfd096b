import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimate, scoreMeaning } from '../../../../../src/renderer/src/format/score.ts';

test('uncertainty is part of the number', () => {
  assert.equal(estimate({ value: 0.714, low: 0.66, high: 0.754, n: 200 }), '0.71 (0.66–0.75, n = 200)');
  assert.equal(estimate({ value: -0.2, low: null, high: null, n: 1200 }), '−0.20 (n = 1,200)');
  assert.equal(estimate({ value: null, low: null, high: null, n: 0 }), '– (n = 0)');
});

test('a score says what it was counted over', () => {
  assert.match(scoreMeaning('detection', 'random'), /balanced accuracy.*random text/);
  assert.match(scoreMeaning('fuzzing', 'other'), /marked tokens.*other/);
});
