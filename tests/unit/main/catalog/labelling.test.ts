import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel, timeAfter, undoLastLabel } from '../../../../src/main/catalog/labelling.ts';
import { feature } from '../../../../src/main/catalog/tables/features.ts';
import { labelHistory, searchLabels } from '../../../../src/main/catalog/tables/labels.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const input = (text: string) => ({ source: 1, index: 0, text, author: 'Ada', kind: 'manual', confidence: 5, notes: '' }) as const;

test('only the current label is in the index; undoing brings the one before back into it', () => {
  const db = smallCatalog();
  setLabel(db, input('first'));
  setLabel(db, input('second'));
  assert.equal(searchLabels(db, 1, '"first"', 9).length, 0);
  assert.equal(undoLastLabel(db, { source: 1, index: 0 }).label!.text, 'first');
  assert.equal(searchLabels(db, 1, '"first"', 9).length, 1);
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
