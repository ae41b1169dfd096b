import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LabelWindows } from '../../../../src/main/catalog/label-windows.ts';
import { source } from '../../../../src/main/catalog/tables/sources.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

test('stored examples become windows with their activations and interval; neighbours are read once', () => {
  const db = smallCatalog();
  const windows = new LabelWindows(db, source(db, 1)!);
  const [strong, weak] = windows.ofFeature(0, 2);
  assert.deepEqual([[...strong!.tokens], strong!.context, strong!.interval, weak!.interval], [[0, 1, 2, 1, 2, 1, 2, 0], 1, 5, 3]);
  assert.deepEqual([...strong!.activations], [0, 2, 0, 0, 0, 0, 0, 0]);
  assert.equal(windows.lexicon.text(strong!.forms[1]!), 'red');
  assert.equal(windows.strongestOf(1).length, 1);
  assert.equal(windows.strongestOf(1), windows.strongestOf(1));
  db.close();
});

test('the two backgrounds come from different contexts, the same for a seed', () => {
  const db = smallCatalog();
  const windows = new LabelWindows(db, source(db, 1)!);
  const [first, second] = windows.backgrounds(0);
  assert.deepEqual([first.length, second.length], [1, 1]);
  assert.notEqual(first[0]!.context, second[0]!.context);
  assert.deepEqual(windows.backgrounds(0), [first, second]);
  assert.ok(first[0]!.activations.every((value) => value === 0));
  db.close();
});
