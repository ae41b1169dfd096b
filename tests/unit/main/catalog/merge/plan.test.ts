import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choiceFor, labelChanges, planMerge, undecided } from '../../../../../src/main/catalog/merge/plan.ts';
import type { People } from '../../../../../src/main/catalog/merge/plan.ts';
import { peopleKey, peopleTableNames } from '../../../../../src/main/catalog/tables/people.ts';
import type { Values } from '../../../../../src/main/catalog/tables/people.ts';

const label = (uid: string, feature: number, day: number, changes: Values = {}): Values => ({
  uid, source: 1, feature, text: uid, author: 'a', kind: 'manual', confidence: null, notes: '', family: '', resolution: 0, created_at: `2026-01-0${day}`, undone_at: null, ...changes,
});

function people(...labels: Values[]): People {
  const none = Object.fromEntries(peopleTableNames.map((table) => [table, new Map<string, Values>()]));
  return { ...none, labels: new Map(labels.map((row) => [peopleKey('labels', row), row])) } as unknown as People;
}

const mine = people(label('same', 0, 1), label('base', 1, 1), label('own', 2, 1), label('red', 3, 2), label('guess', 4, 1, { kind: 'rule' }));
const theirs = people(label('same', 0, 1), label('base', 1, 1), label('later', 1, 2), label('blue', 3, 3), label('person', 4, 2), label('first', 5, 1));

test('every feature is counted once, and those that differ are listed in order', () => {
  const plan = planMerge(mine, theirs);
  assert.deepEqual(plan.counts, { identical: 1, ahead: 1, history: 0, new: 1, changed: 1, removed: 0, agreed: 0, conflict: 2 });
  assert.deepEqual(plan.features.map(({ feature, status, suggested }) => [feature, status, suggested]), [[1, 'changed', null], [3, 'conflict', null], [4, 'conflict', 'theirs'], [5, 'new', null]]);
});

test('a conflict is decided by its own choice, else by the one for all; what is no conflict is joined', () => {
  const plan = planMerge(mine, theirs);
  assert.deepEqual(undecided(plan, { conflicts: null, choices: { '1/3': 'mine' } }).map(({ feature }) => feature), [4]);
  assert.deepEqual(plan.features.map((feature) => choiceFor(feature, { conflicts: 'theirs', choices: { '1/3': 'mine' } })), ['both', 'mine', 'theirs', 'both']);
});

test('the changes are rows to add as they shall stand, and labels of ours that are taken back', () => {
  const changes = labelChanges(planMerge(mine, theirs), mine, theirs, { conflicts: 'theirs', choices: { '1/3': 'mine', '1/5': 'mine' } }, 'T');
  assert.deepEqual(changes.add.map(({ uid, undone_at: at }) => [uid, at]), [['later', null], ['blue', 'T'], ['person', null], ['first', 'T']]);
  assert.deepEqual(changes.undo, [{ uid: 'guess', at: 'T' }]);
  assert.deepEqual(changes.touched, [[1, 1], [1, 3], [1, 4], [1, 5]]);
});
