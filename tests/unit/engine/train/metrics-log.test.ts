import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appendMetrics, cutMetrics, readMetrics } from '../../../../src/engine/train/metrics-log.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('rows come back, a line cut off by a crash does not, and later rows are dropped on resume', (t) => {
  const path = join(temporaryFolder(t), 'metrics.jsonl');
  assert.deepEqual(readMetrics(path), []);
  for (const step of [1, 2, 3]) appendMetrics(path, { step, fvu: step / 10 });
  appendFileSync(path, '{"step":4,"fv');
  assert.deepEqual(readMetrics(path).map((row) => row['step']), [1, 2, 3]);
  cutMetrics(path, 2);
  appendMetrics(path, { step: 3, fvu: 9 });
  assert.deepEqual(readMetrics(path), [{ step: 1, fvu: 0.1 }, { step: 2, fvu: 0.2 }, { step: 3, fvu: 9 }]);
});
