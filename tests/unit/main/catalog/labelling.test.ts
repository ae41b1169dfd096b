import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redoLabel, setLabel, setReviewState, timeAfter, undoLabel, undoLastLabel } from '../../../../src/main/catalog/labelling.ts';
import { expectedCopies, feature, labelCopies } from '../../../../src/main/catalog/tables/features.ts';
import { Random } from '../../../../src/engine/random.ts';
import { currentLabel, labelHistory } from '../../../../src/main/catalog/tables/labels.ts';
import { rankedLabels } from '../../../../src/main/catalog/tables/columns.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const input = (text: string) => ({ source: 1, index: 0, text, author: 'Ada', kind: 'manual', confidence: 5, notes: '' }) as const;

test('only the current label is in the index; undoing brings the one before back into it', () => {
  const db = smallCatalog();
  setLabel(db, input('first'));
  setLabel(db, input('second'));
  assert.equal(rankedLabels(db, '"first"').length, 0);
  assert.equal(undoLastLabel(db, { source: 1, index: 0 }).label!.text, 'first');
  assert.equal(rankedLabels(db, '"first"').length, 1);
  assert.equal(feature(db, 1, 0)!.label, 'first');
  assert.equal(labelHistory(db, 1, 0).length, 2);
  db.close();
});

test('each label has an identity of its own, for merging catalogs later', () => {
  const db = smallCatalog();
  setLabel(db, input('same'));
  setLabel(db, input('same'));
  const [a, b] = labelHistory(db, 1, 0);
  assert.match(a!.uid, /^[0-9a-f-]{36}$/);
  assert.notEqual(a!.uid, b!.uid);
  db.close();
});

test('a label on a feature that is not there changes nothing', () => {
  const db = smallCatalog();
  assert.throws(() => setLabel(db, { ...input('x'), index: 7 }), (error: unknown) => error instanceof LoupeError && error.kind === 'not-found');
  assert.equal(db.get('SELECT count(*) AS n FROM labels')!['n'], 0);
  db.close();
});

test('a new label is dated after the one it follows, even where another clock was ahead', () => {
  const now = Date.parse('2026-05-01T12:00:00.000Z');
  assert.equal(timeAfter(null, now), '2026-05-01T12:00:00.000Z');
  assert.equal(timeAfter('2026-05-01T12:00:00.000Z', now), '2026-05-01T12:00:00.001Z');
  assert.equal(timeAfter('2026-05-02T00:00:00.000Z', now), '2026-05-02T00:00:00.001Z');
  assert.equal(timeAfter('no time at all', now), '2026-05-01T12:00:00.000Z');
});

test('any label of the history can be taken back and put back; the newest that stands is current', () => {
  const db = smallCatalog();
  const [first, second] = ['first', 'second'].map((text) => setLabel(db, input(text)).label);
  const of = (label: number) => ({ source: 1, index: 0, label });
  assert.equal(undoLabel(db, of(first!.id)).label!.text, 'second');
  assert.equal(undoLabel(db, of(second!.id)).label, null);
  assert.throws(() => undoLabel(db, of(second!.id)), (error: unknown) => error instanceof LoupeError && error.kind === 'conflict');
  assert.equal(redoLabel(db, of(first!.id)).label!.text, 'first');
  assert.equal(redoLabel(db, of(second!.id)).label!.text, 'second');
  assert.throws(() => redoLabel(db, { source: 1, index: 1, label: first!.id }), (error: unknown) => error instanceof LoupeError && error.kind === 'not-found');
  db.close();
});

/** What is seen of every feature: label, copies, history without times. */
function seen(db: ReturnType<typeof smallCatalog>): string {
  return JSON.stringify([0, 1, 2].map((index) => [labelCopies(db, 1, index), labelHistory(db, 1, index).map(({ id, text, undoneAt }) => [id, text, undoneAt !== null]), rankedLabels(db, '"word"').length]));
}

test('any run of labels over several features, undone from the last to the first and redone, passes through the same states', () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = Random.from(seed, 'undo');
    const db = smallCatalog();
    const states = [seen(db)];
    const made: { source: number; index: number; label: number }[] = [];
    for (let step = 0; step < 12; step++) {
      const index = random.integer(3);
      const { label } = setLabel(db, { ...input(`word ${step}`), index, family: ['', 'topic'][random.integer(2)]!, confidence: 1 + random.integer(5), notes: ['', 'n'][random.integer(2)]! });
      made.push({ source: 1, index, label: label.id });
      states.push(seen(db));
    }
    // Undone labels stay in the history, so it is the current ones that are compared on the way back.
    const current = (): string => JSON.stringify([0, 1, 2].map((index) => labelCopies(db, 1, index)));
    const copies = [current()];
    for (const address of made.toReversed()) {
      undoLabel(db, address);
      copies.push(current());
    }
    assert.equal(JSON.parse(copies.at(-1)!)[0], expectedCopies(null, null));
    const back = copies.toReversed();
    for (const [i, address] of made.entries()) {
      redoLabel(db, address);
      assert.equal(current(), back[i + 1], `seed ${seed}, step ${i}`);
    }
    assert.equal(seen(db), states.at(-1));
    for (const index of [0, 1, 2]) assert.equal(labelCopies(db, 1, index), expectedCopies(currentLabel(db, 1, index), null));
    db.close();
  }
});

test('a review belongs to its author and says what it was before', () => {
  const db = smallCatalog();
  const review = (author: string, state: 'skipped' | 'unsure' | null) => setReviewState(db, { source: 1, index: 0, author, state }).before;
  assert.deepEqual([review('Ada', 'skipped'), review('Ada', 'unsure'), review('Bo', 'skipped'), review('Ada', null), review('Ada', null)], [null, 'skipped', null, 'unsure', null]);
  db.close();
});
