import assert from 'node:assert/strict';
import { test } from 'node:test';
import { along, differences, meanL0, runColumns, sortRuns } from '../../../../../../src/renderer/src/pages/models/compare-runs.ts';
import type { LmRun } from '../../../../../../src/shared/schema/lm.ts';

const run = (name: string, figures: Record<string, number | null>, config: Record<string, unknown> = {}): LmRun => ({ path: `/m/${name}`, name, job: null, state: 'done', modifiedAt: '', config, figures, problem: null });

test('runs are sorted by a column, those without a value last either way', () => {
  const runs = [run('b10', { valid_loss: 2 }), run('b9', { valid_loss: null }), run('a', { valid_loss: 1 })];
  const column = (key: string) => runColumns(runs).find((each) => each.key === key)!;
  assert.deepEqual(sortRuns(runs, column('valid_loss'), false).map(({ name }) => name), ['a', 'b10', 'b9']);
  assert.deepEqual(sortRuns(runs, column('valid_loss'), true).map(({ name }) => name), ['b10', 'a', 'b9']);
  assert.deepEqual(sortRuns(runs, column('name'), false).map(({ name }) => name), ['a', 'b9', 'b10']);
});

test('chess columns are shown where a model was evaluated', () => {
  assert.ok(!runColumns([run('a', {})]).some(({ key }) => key === 'coverage'));
  assert.equal(runColumns([run('a', {}), run('b', { coverage: 0.4 })]).find(({ key }) => key === 'coverage')!.value(run('b', { coverage: 0.4 })), 0.4);
});

test('a curve over tokens and over time: 10 tokens a step, at first 5 tokens a second, then 10', () => {
  const curves = new Map([['tokensPerSecond', [[2, 5], [4, 10]] as (readonly [number, number | null])[]]]);
  const loss: (readonly [number, number | null])[] = [[1, 3], [2, 2], [3, null], [4, 1]];
  const ended = run('a', { tokens: 40, steps: 4 });
  assert.deepEqual(along(loss, 'step', ended, curves), [[1, 3], [2, 2], [4, 1]]);
  assert.deepEqual(along(loss, 'tokens', ended, curves), [[10, 3], [20, 2], [40, 1]]);
  // two steps of 10 tokens at 5 a second: 4 s; two more at 10 a second: 2 s
  assert.deepEqual(along(loss, 'time', ended, curves), [[2, 3], [4, 2], [6, 1]]);
  assert.deepEqual(along([[6, 1]], 'time', ended, new Map([['tokensPerSecond', [[2, 5], [4, 5]] as const]])), [[12, 1]], 'beyond the last logged speed it goes on as before');
  assert.deepEqual(along(loss, 'time', ended, new Map([['seconds', [[1, 1], [2, null], [4, 7]] as const], ...curves])), [[1, 3], [3, 2], [7, 1]], 'logged seconds are taken as they are');
  assert.deepEqual([along(loss, 'tokens', run('b', {}), curves), along(loss, 'time', ended, new Map())], [[], []]);
});

test('L0 is a mean over layers, row by row', () => {
  assert.deepEqual(meanL0(new Map([['l0.0', [[1, 2], [2, null]] as const], ['l0.1', [[1, 4], [2, null]] as const], ['loss', [[1, 9]] as const]])), [[1, 3], [2, null]]);
  assert.deepEqual(meanL0(new Map()), []);
});

test('configs are compared field by field, those of the layer too; where a run is written is no difference', () => {
  const a = run('a', {}, { out: '/a', lr: 1, layer: { experts: 4 }, clip: null });
  const b = run('b', {}, { out: '/b', lr: 2, layer: {}, clip: null });
  assert.deepEqual(differences([a, b]), [{ field: 'lr', values: ['1', '2'] }, { field: 'layer.experts', values: ['4', null] }]);
  assert.deepEqual(differences([a]), []);
});
