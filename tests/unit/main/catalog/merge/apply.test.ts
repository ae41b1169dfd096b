/** Merging catalogs of three teammates, over seeded histories of their work: who merges what in which order makes no difference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WriteHandle } from '../../../../../src/main/catalog/handle.ts';
import { merges } from '../../../../../src/main/catalog/tables/merges.ts';
import { peopleRows } from '../../../../../src/main/catalog/tables/people.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';
import { checkMerging, checkUndoing, mergeHandles as merge } from '../../../../support/merging.ts';
import { setLabelAt, stateOf } from '../../../../support/teammates.ts';

// Hundreds of seeds run in the long tier (tests/long/merges.long.ts).
// The first and the last once found a score that depended on who merged whom.
for (const seed of [1, 18, 19, 20, 21, 22, 23, 60]) {
  test(`three teammates, seed ${seed}: commutative, associative, idempotent, and nothing is lost`, () => checkMerging(seed));
  test(`taking a merge back leaves what was before it, whatever was chosen, seed ${seed}`, () => checkUndoing(seed));
}

const label = (db: WriteHandle, uid: string, text: string, author: string, day: number): void => setLabelAt(db, { uid, feature: 0, text, author, created_at: `2026-01-0${day}T00:00:00Z` });
const shown = (db: WriteHandle): unknown => db.get('SELECT label FROM features WHERE idx = 0')!['label'];

test('an undecided conflict changes nothing and says what differs', () => {
  const [mine, theirs] = [smallCatalog(), smallCatalog()];
  label(mine, 'm', 'red', 'Ada', 1);
  label(theirs, 't', 'blue', 'Ben', 2);
  const before = stateOf(mine);
  assert.throws(() => merge(mine, theirs, null), (error: unknown) => error instanceof LoupeError && error.kind === 'conflict' && /1 labels differ/.test(error.message) && /"red" or "blue"/.test(error.detail!));
  assert.deepEqual(stateOf(mine), before);
  assert.deepEqual(merges(mine), []);
});

test('a decision holds: merged again, and merged back, the label that was kept is shown on both sides', () => {
  const [mine, theirs] = [smallCatalog(), smallCatalog()];
  label(mine, 'm', 'red', 'Ada', 1);
  label(theirs, 't', 'blue', 'Ben', 2);
  const result = merge(mine, theirs, null, { '1/0': 'mine' });
  assert.deepEqual([result.labels, result.undone], [1, 0]);
  assert.equal(shown(mine), 'red');
  assert.equal(merge(mine, theirs, 'theirs').merge, null);
  assert.equal(shown(mine), 'red');
  merge(theirs, mine, null);
  assert.equal(shown(theirs), 'red');
  assert.deepEqual([...peopleRows(theirs, 'labels').values()].map(({ text, author }) => [text, author]), [['blue', 'Ben'], ['red', 'Ada']]);
});

test('a label that was tampered with stops the merge', () => {
  const [mine, theirs] = [smallCatalog(), smallCatalog()];
  label(mine, 'u', 'red', 'Ada', 1);
  label(theirs, 'u', 'forged', 'Ada', 1);
  assert.throws(() => merge(mine, theirs), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file' && /another text/.test(error.message));
});

test('a label that is dated in the future is refused: it would be shown for ever', () => {
  const [mine, theirs] = [smallCatalog(), smallCatalog()];
  setLabelAt(theirs, { uid: 'u', feature: 0, text: 'x', author: 'a', created_at: '9999-01-01T00:00:00Z' });
  assert.throws(() => merge(mine, theirs), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file' && /yet to come/.test(error.message));
});
