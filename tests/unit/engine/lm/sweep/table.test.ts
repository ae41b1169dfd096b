import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lmSweepText, readLmTable, summarise, writeLmTable } from '../../../../../src/engine/lm/sweep/table.ts';
import type { LmSweepRow } from '../../../../../src/shared/schema/lm-sweep.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const row = (name: string, seed: number, figures: Record<string, number>, error: string | null = null): LmSweepRow => ({
  name, seed, key: `${name}${seed}`, arch: 'dense', parameters: 2000, activeParameters: 1000, steps: 1, tokens: 1, seconds: 1, figures, error,
});
const rows = [row('a', 0, { valid_loss: 1, coverage: 0.5 }), row('b', 0, { valid_loss: 3 }), row('a', 1, { valid_loss: 2 }), row('b', 1, {}, 'it diverged')];

test('the summary has the mean, the least and the largest over the seeds that ended', () => {
  assert.deepEqual(summarise(rows), [
    { name: 'a', arch: 'dense', activeParameters: 1000, seeds: [0, 1], figures: { valid_loss: { mean: 1.5, least: 1, largest: 2, count: 2 }, coverage: { mean: 0.5, least: 0.5, largest: 0.5, count: 1 } } },
    { name: 'b', arch: 'dense', activeParameters: 1000, seeds: [0], figures: { valid_loss: { mean: 3, least: 3, largest: 3, count: 1 } } },
  ]);
});

test('the text has a line a member, and says what broke', () => {
  const text = lmSweepText(rows);
  assert.match(text, /^member\s+seeds\s+active\s+valid_loss\s+coverage$/mu);
  assert.match(text, /^a\s+0 1\s+1,000\s+1\.500 \(1\.000 to 2\.000\)\s+0\.5000$/mu);
  assert.match(text, /^b\s+0\s+1,000\s+3\.000\s+-$/mu);
  assert.match(text, /b, seed 1: it diverged/u);
});

test('a table is read as it was written; another file is refused', (t) => {
  const path = join(temporaryFolder(t), 'table.json');
  assert.deepEqual(readLmTable(path), []);
  writeLmTable(path, rows);
  assert.deepEqual(readLmTable(path), rows);
  writeFileSync(path, '{"format":"loupe-sweep","version":1,"rows":[]}');
  assert.throws(() => readLmTable(path), { kind: 'bad-file', message: /is no table of a sweep/u });
});
