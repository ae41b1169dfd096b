import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel } from '../../../../src/main/catalog/labelling.ts';
import { labelsShown, suggestLabels } from '../../../../src/main/catalog/suggest.ts';
import { labelHistory } from '../../../../src/main/catalog/tables/labels.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const suggestion = (index: number, text: string) => ({ index, text, kind: 'rule', author: 'Ben', notes: 'From feature 9 of theirs (decoder cosine 0.900).' });

test('suggestions fill what has no label, with their kind, their author and where they came from', () => {
  const db = smallCatalog();
  setLabel(db, { source: 1, index: 0, text: 'mine', author: 'Ada', kind: 'manual', confidence: 5, notes: '' });
  assert.deepEqual(suggestLabels(db, { source: 1, suggestions: [suggestion(0, 'theirs'), suggestion(1, 'blue'), suggestion(99, 'nowhere')] }), { added: 1 });
  const [label] = labelHistory(db, 1, 1);
  assert.deepEqual([label!.text, label!.kind, label!.author, label!.notes], ['blue', 'rule', 'Ben', 'From feature 9 of theirs (decoder cosine 0.900).']);
  assert.deepEqual(labelsShown(db, { source: 1 }).labels.map(({ index, text }) => [index, text]), [[0, 'mine'], [1, 'blue']]);
  assert.deepEqual(suggestLabels(db, { source: 1, suggestions: [suggestion(1, 'again')] }), { added: 0 });
});

test('an unknown kind adds nothing, and an unknown source is an error', () => {
  const db = smallCatalog();
  assert.deepEqual(suggestLabels(db, { source: 1, suggestions: [{ ...suggestion(1, 'x'), kind: 'evil' }] }), { added: 0 });
  assert.throws(() => suggestLabels(db, { source: 7, suggestions: [] }), (error: unknown) => error instanceof LoupeError && error.kind === 'not-found');
});
