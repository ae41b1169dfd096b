import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemory } from '../../../../src/main/catalog/handle.ts';
import { migrate } from '../../../../src/main/catalog/schema.ts';
import { addModel, addVocabularyEntry } from '../../../../src/main/catalog/tables/models.ts';
import { joinBytes, vocabularyOf } from '../../../../src/main/catalog/vocabulary.ts';

test('a character split over tokens is joined; bytes that are no text stay', () => {
  assert.equal(joinBytes('a\\xE2\\x80\\x93b'), 'a–b');
  assert.equal(joinBytes('a\\xE2\\x80b'), 'a\\xE2\\x80b');
});

test('plain text leaves special tokens out and writes unknown ids as numbers', () => {
  const db = openMemory();
  migrate(db, 0);
  const model = addModel(db, { hash: 'h', tokenizerHash: 't', name: 'm', family: 'llama', dModel: 4, layers: 1 });
  [['<|end|>', true], ['The', false], [' caf', false], ['\\xC3', false], ['\\xA9', false]].forEach(([text, special], token) => addVocabularyEntry(db, model, token, { text: String(text), special: special === true }));
  const vocabulary = vocabularyOf(db, model);
  assert.equal(vocabulary.plainText(Int32Array.of(1, 2, 3, 4, 0, 9)), 'The café [9]');
  assert.equal(vocabularyOf(db, model), vocabulary);
  db.close();
});
