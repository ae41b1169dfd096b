import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricGroups, selectMetrics } from '../../../../src/engine/eval/selection.ts';
import { metricById } from '../../../../src/shared/metrics.ts';

test('every figure that can be asked for has a definition', () => {
  for (const id of Object.values(metricGroups).flat()) assert.ok(metricById(id) !== undefined, id);
});

test('names, groups and forms', () => {
  const { ids, compat, histograms, needs } = selectMetrics('fvu, weights,compat.sparsify', false);
  assert.deepEqual([[...ids], compat.map(({ id }) => id), histograms], [['fvu', 'encoderDecoderCosine', 'coherence'], ['compat.sparsify'], false]);
  assert.deepEqual([needs('reconstruction'), needs('downstream'), needs('weights')], [true, false, true]);
  assert.equal(selectMetrics('compat', false).compat.length, 6);
});

test('what is asked for by default and by all depends on the model', () => {
  assert.deepEqual([selectMetrics(null, false).needs('downstream'), selectMetrics(null, true).needs('downstream')], [false, true]);
  assert.deepEqual([selectMetrics('all', false).needs('downstream'), selectMetrics('all', true).needs('downstream'), selectMetrics('all', true).histograms], [false, true, true]);
});

test('unknown names, and costs without a model, are refused', () => {
  assert.throws(() => selectMetrics('compat.saelens_6', true), { kind: 'bad-request', message: /did you mean compat\.saelens_6_54\?|compat/ });
  assert.throws(() => selectMetrics('kl', false), { kind: 'bad-request', message: /--model/ });
});
