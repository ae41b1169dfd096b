import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findModel, models, vocabulary, vocabularyEntry } from '../../../../../src/main/catalog/tables/models.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('a model is found by its own and its tokenizer\'s hash', () => {
  const db = smallCatalog();
  assert.equal(findModel(db, 'h', 't'), models(db)[0]!.id);
  assert.equal(findModel(db, 'h', 'other'), null);
  db.close();
});

test('the vocabulary comes in order of token, special ones marked', () => {
  const db = smallCatalog();
  assert.deepEqual([...vocabulary(db, 1)].map(({ token, text, special }) => [token, text, special]), [[0, '<|end|>', true], [1, ' red', false], [2, ' green', false], [3, ' blue', false]]);
  assert.equal(vocabularyEntry(db, 1, 2)!.text, ' green');
  assert.equal(vocabularyEntry(db, 1, 4), null);
  db.close();
});
