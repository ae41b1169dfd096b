import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortRows, sweepRows, withinBrush } from '../../../../../../../src/renderer/src/pages/runs/parts/sweep-rows.ts';
import type { SweepRow } from '../../../../../../../src/shared/schema/sweep.ts';

const row = (name: string, l0: number | null, fvu: number | null): SweepRow => ({
  name, role: 'trained', variant: 'topk', dSae: 8, k: 2, seed: 0, hookPoint: null, dictionary: '', l0, fvu, deltaCe: null, dead: 0, cosine: 1, tokens: 1, seconds: 1,
  pareto: false, paretoCe: false, warnings: [], error: null,
});
const rows = [row('b', 100, 0.1), row('a', null, null), row('c', 10, 0.5)];
const names = (some: readonly SweepRow[]): string => some.map(({ name }) => name).join('');

test('a result of another kind of job has no rows, and one with a wrong row neither', () => {
  assert.equal(sweepRows({ fvu: 1 }), null);
  assert.equal(sweepRows(null), null);
  assert.equal(sweepRows({ rows: [{ ...rows[0], l0: 'x' }] }), null);
  assert.equal(sweepRows({ rows })?.length, 3);
});

test('sorting by a column, either way, leaves rows without a value last', () => {
  assert.equal(names(sortRows(rows, 'l0', false)), 'cba');
  assert.equal(names(sortRows(rows, 'l0', true)), 'bca');
  assert.equal(names(sortRows(rows, 'name', true)), 'cba');
});

test('a rectangle narrows the table to what lies in it', () => {
  assert.equal(names(withinBrush(rows, 'fvu', null)), 'bac');
  assert.equal(names(withinBrush(rows, 'fvu', { x: [0.5, 1.5], y: [-1, 0] })), 'c');
  assert.equal(names(withinBrush(rows, 'fvu', { x: [0, 3], y: [-2, -0.5] })), 'b');
});
