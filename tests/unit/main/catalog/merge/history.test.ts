import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WriteHandle } from '../../../../../src/main/catalog/handle.ts';
import { mergeHistory } from '../../../../../src/main/catalog/merge/history.ts';
import { undoMerge } from '../../../../../src/main/catalog/merge/undo.ts';
import { addPeopleRow, changePeopleRow, peopleRows } from '../../../../../src/main/catalog/tables/people.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { mergeHandles as merge } from '../../../../support/merging.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';
import { twin } from '../../../../support/teammates.ts';

const day = (n: number): string => `2026-01-0${n}T00:00:00Z`;
const remark = { uid: 'r', source: 1, feature: 0, text: 'two senses?', author: 'Ada', created_at: day(1), deleted_at: null } as const;
const removed = (db: WriteHandle): unknown => peopleRows(db, 'comments').get('["r"]')!['deleted_at'];

/** Ours, with a remark of Ada's that Ben removed on the 5th and Eve on the 3rd: the earlier time holds, so both merges change the row. */
function merged(): { db: WriteHandle; ben: number; eve: number } {
  const db = smallCatalog();
  addPeopleRow(db, 'comments', remark);
  const [ben, eve] = [twin(db), twin(db)];
  changePeopleRow(ben, 'comments', { ...remark, deleted_at: day(5) });
  changePeopleRow(eve, 'comments', { ...remark, deleted_at: day(3) });
  const ids = { ben: merge(db, ben).merge!, eve: merge(db, eve).merge! };
  assert.equal(removed(db), day(3));
  for (const other of [ben, eve]) other.close();
  return { db, ...ids };
}

test('a merge stands behind a later one that changed the same row, and can be taken back after it', () => {
  const { db, ben, eve } = merged();
  assert.deepEqual(mergeHistory(db).map(({ id, later }) => [id, later]), [[eve, null], [ben, { id: eve, name: 'theirs.loupe' }]]);
  assert.throws(() => undoMerge(db, { merge: ben }), (error: unknown) => error instanceof LoupeError && error.kind === 'conflict' && new RegExp(`merge ${eve}`).test(error.message) && /first/.test(error.message));
  assert.equal(removed(db), day(3));
  undoMerge(db, { merge: eve });
  assert.equal(removed(db), day(5));
  assert.deepEqual(mergeHistory(db).map(({ id, later, undoneAt }) => [id, later, undoneAt === null]), [[eve, null, false], [ben, null, true]]);
  undoMerge(db, { merge: ben });
  assert.equal(removed(db), null);
});

test('merges that changed different rows stand for themselves', () => {
  const db = smallCatalog();
  addPeopleRow(db, 'comments', remark);
  addPeopleRow(db, 'comments', { ...remark, uid: 's' });
  const [ben, eve] = [twin(db), twin(db)];
  changePeopleRow(ben, 'comments', { ...remark, deleted_at: day(5) });
  changePeopleRow(eve, 'comments', { ...remark, uid: 's', deleted_at: day(3) });
  const first = merge(db, ben).merge!;
  merge(db, eve);
  assert.deepEqual(mergeHistory(db).map(({ later }) => later), [null, null]);
  undoMerge(db, { merge: first });
  assert.equal(removed(db), null);
});

test('a catalog that nothing was merged into has no history', () => assert.deepEqual(mergeHistory(smallCatalog()), []));
