import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandLmSweep, lmSweepSchema } from '../../../../../src/engine/lm/sweep/config.ts';

const parse = (raw: Record<string, unknown>) => expandLmSweep(lmSweepSchema.parse({ out: '/x', ...raw }));

test('every member comes once before any has its second seed; a member may have seeds of its own', () => {
  const runs = parse({ base: { steps: 10 }, seeds: [0, 1], members: [{ name: 'a' }, { name: 'b', seeds: [0, 1, 2] }, { name: 'c', fields: { arch: 'monet-hd' } }] });
  assert.deepEqual(runs.map(({ folder }) => folder), ['a-s0', 'b-s0', 'c-s0', 'a-s1', 'b-s1', 'c-s1', 'b-s2']);
  assert.deepEqual(runs.map(({ config }) => config.steps), Array.from({ length: 7 }, () => 10));
  assert.equal(runs[2]!.config.arch, 'monet-hd');
  assert.equal(new Set(runs.map(({ key }) => key)).size, 7);
});

test('the steps of an up-cycled member are shared with its dense model', () => {
  const [run] = parse({ base: { steps: 101, arch: 'moe-x', layer: { experts: 4 } }, members: [{ name: 'up', upcycle: { share: 0.4, dense: { layer: { activation: 'relu' } } } }] });
  assert.deepEqual([run!.first!.config.steps, run!.config.steps], [40, 61]);
  assert.deepEqual([run!.first!.config.arch, run!.first!.config.layer], ['dense', { activation: 'relu' }]);
  assert.equal(run!.config.arch, 'moe-x');
});

test('the key depends on what is trained and measured, not on where', () => {
  const keyOf = (raw: Record<string, unknown>): string => parse({ members: [{ name: 'a' }], ...raw })[0]!.key;
  assert.equal(keyOf({ out: '/x' }), keyOf({ out: '/y' }));
  assert.notEqual(keyOf({}), keyOf({ base: { lr: 1e-3 } }));
  assert.notEqual(keyOf({}), keyOf({ evaluate: { chessGames: 5 } }));
});

test('a wrong field is named with its member, a name that stands twice is refused', () => {
  assert.throws(() => parse({ members: [{ name: 'a', fields: { stepz: 3 } }] }), { kind: 'bad-config', message: /member a: .*stepz/u });
  assert.throws(() => parse({ members: [{ name: 'a' }, { name: 'a' }] }), { kind: 'bad-config', message: /two members are named a/u });
  assert.throws(() => parse({ members: [{ name: '../a' }] }));
});
