import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FiringSums } from '../../../src/engine/eval/firing.ts';
import { ReconstructionSums } from '../../../src/engine/eval/reconstruction-sums.ts';
import { explainMetric, metricById, metricDefinitions } from '../../../src/shared/metrics.ts';

test('every figure of an evaluation has a definition', () => {
  const sums = new ReconstructionSums(1);
  const [x, y] = [Float32Array.of(1, 3), Float32Array.of(1, 2)];
  for (const row of [0, 1]) sums.addRow(x, y, row);
  const { rows, ...rest } = sums.result();
  const figures = { ...rest, ...new FiringSums(Float64Array.of(1)).result() };
  assert.equal(rows, 2);
  for (const name of Object.keys(figures)) assert.ok(metricById(name) !== undefined, name);
  // fvu by its formula: (0 + 1) / ((1 - 2)^2 + (3 - 2)^2) = 0.5
  assert.equal(figures.fvu, 0.5);
});

test('a definition says formula, range and which way is better', () => {
  assert.match(explainMetric(metricById('fvu')!), /sum \|x - y\|\^2 \/ sum \|x - mean\(x\)\|\^2\. Range: 0 to 1.*Lower is better\.$/);
  assert.doesNotMatch(explainMetric(metricById('l0')!), /better/);
  for (const { formula, range, meaning } of metricDefinitions) assert.ok(formula !== '' && range !== '' && meaning !== '');
});
