import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paretoFront, sweepCsv, sweepTable, sweepText } from '../../../../src/engine/sweep/table.ts';
import type { Outcome } from '../../../../src/engine/sweep/group.ts';

test('the front is what no other point beats in one coordinate without losing in the other', () => {
  assert.deepEqual(paretoFront([[1, 5], [2, 4], [2, 6], [3, 4], [4, 1], [null, 0]]), [true, true, false, false, true, false]);
  assert.deepEqual(paretoFront([[1, 1], [1, 1]]), [true, true]);
});

const outcome = (name: string, role: 'trained' | 'random', result: Record<string, unknown> | null, error: string | null = null): Outcome => ({
  member: { name, role, folder: `/s/${name}`, config: null, problem: null, given: { variant: 'topk', dSae: 8, k: 2 } }, result, error,
});

test('rows hold figures, fronts among trained members only, and the reason of those that failed', () => {
  const rows = sweepTable([
    outcome('b', 'trained', { l0: 3, fvu: 0.2, dead: 0, warnings: [{ step: 7, words: 'w' }] }), outcome('a', 'trained', { l0: 2, fvu: 0.4 }),
    outcome('c', 'random', { l0: 1, fvu: 0.1 }), outcome('d', 'trained', null, '=cmd, "x"'),
  ], new Map([['a', 0.01], ['b', 0.02]]));
  assert.deepEqual(rows.map(({ name, pareto, paretoCe, deltaCe }) => [name, pareto, paretoCe, deltaCe]), [['a', true, true, 0.01], ['b', true, false, 0.02], ['c', false, false, null], ['d', false, false, null]]);
  assert.deepEqual(rows[1]!.warnings, ['step 7: w']);
  const csv = sweepCsv(rows).split('\r\n');
  assert.equal(csv.length, 6);
  assert.ok(csv[4]!.endsWith(`"'=cmd, ""x"""`), csv[4]);
  const lines = sweepText(rows).split('\n');
  assert.ok(lines[1]!.startsWith('* a') && lines[3]!.startsWith('  c') && lines[4]!.includes('=cmd'), lines.join('\n'));
});
