/** What must hold of any merging, checked on seeded work of three teammates. */
import assert from 'node:assert/strict';
import { Random } from '../../src/engine/random.ts';
import type { WriteHandle } from '../../src/main/catalog/handle.ts';
import { mergeOpen } from '../../src/main/catalog/merge/apply.ts';
import { undoMerge } from '../../src/main/catalog/merge/undo.ts';
import { peopleRows } from '../../src/main/catalog/tables/people.ts';
import { LoupeError } from '../../src/shared/errors.ts';
import type { MergeChoice, MergeResult } from '../../src/shared/schema/share.ts';
import { base, stateOf, twin, work } from './teammates.ts';

export function mergeHandles(db: WriteHandle, from: WriteHandle, conflicts: MergeChoice | null = 'both', choices: Record<string, MergeChoice> = {}): MergeResult {
  return db.transaction(() => mergeOpen(db, from, { from: 'theirs.loupe', openHere: false, sources: [], conflicts, choices, author: 'me' }));
}

/** Three catalogs that went apart from one, each with work of its own. */
function team(seed: number): [WriteHandle, WriteHandle, WriteHandle] {
  const random = Random.from(seed, 'team');
  const clock = { seconds: 0 };
  const shared = base(12, clock, random);
  const [ada, ben, eve] = [twin(shared), twin(shared), twin(shared)];
  shared.close();
  // Their times are mixed, as if they had worked side by side.
  for (let round = 0; round < 3; round++) for (const [db, name] of [[ada, 'ada'], [ben, 'ben'], [eve, 'eve']] as const) work(db, name, 4, clock, random);
  return [ada, ben, eve];
}

const uidsOf = (db: WriteHandle): string[] => (['labels', 'comments', 'scores', 'lists'] as const).flatMap((table) => [...peopleRows(db, table).keys()]);

/** Commutative, associative, idempotent; every row of each teammate is there in the end. */
export function checkMerging(seed: number): void {
  const [ada, ben, eve] = team(seed);
  const [one, other] = [twin(ada), twin(ben)];
  mergeHandles(one, ben);
  mergeHandles(other, ada);
  assert.deepEqual(stateOf(one), stateOf(other), 'ada with ben is ben with ada');
  mergeHandles(one, eve);
  const [right, whole] = [twin(ben), twin(ada)];
  mergeHandles(right, eve);
  mergeHandles(whole, right);
  assert.deepEqual(stateOf(one), stateOf(whole), '(ada with ben) with eve is ada with (ben with eve)');
  const before = stateOf(one);
  for (const db of [ada, ben, eve, right, whole]) assert.equal(mergeHandles(one, db).merge, null, 'merged once more');
  assert.deepEqual(stateOf(one), before);
  const there = new Set(uidsOf(one));
  assert.deepEqual([ada, ben, eve].flatMap(uidsOf).filter((uid) => !there.has(uid)), [], 'nothing is lost');
  for (const db of [ada, ben, eve, one, other, right, whole]) db.close();
}

/** The earlier of two merges taken back first: either that is refused because the later one changed the same rows, or the order makes no difference. */
function checkEarlierFirst(ada: WriteHandle, ben: WriteHandle, eve: WriteHandle, before: unknown): void {
  const first = mergeHandles(ada, ben, 'theirs').merge;
  const second = mergeHandles(ada, eve, 'theirs').merge;
  const together = stateOf(ada);
  const takeBack = (merge: number | null): void => { if (merge !== null) undoMerge(ada, { merge }); };
  try {
    takeBack(first);
  } catch (error) {
    assert.ok(error instanceof LoupeError && error.kind === 'conflict', String(error));
    assert.deepEqual(stateOf(ada), together, 'refused, it changed nothing');
    takeBack(second);
    takeBack(first);
    assert.deepEqual(stateOf(ada), before);
    return;
  }
  takeBack(second);
  assert.deepEqual(stateOf(ada), before, 'taken back in the other order');
}

/** Two merges with decisions, taken back in turn. */
export function checkUndoing(seed: number): void {
  const [ada, ben, eve] = team(seed);
  const before = stateOf(ada);
  const first = mergeHandles(ada, ben, 'mine');
  const between = stateOf(ada);
  const second = mergeHandles(ada, eve, 'theirs');
  if (second.merge !== null) undoMerge(ada, { merge: second.merge });
  assert.deepEqual(stateOf(ada), between);
  if (first.merge !== null) undoMerge(ada, { merge: first.merge });
  assert.deepEqual(stateOf(ada), before);
  checkEarlierFirst(ada, ben, eve, before);
  for (const db of [ada, ben, eve]) db.close();
}
