import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lexicon, tokenClasses } from '../../../../src/engine/labelling/lexicon.ts';

const texts = [' Film', 'film', ' 42', ' NASA', '),', '\n', '<s>', ' ', 'É'];
const lexicon = new Lexicon((token) => ({ text: texts[token]!, special: token === 6 }));
const classes = (token: number): string[] => tokenClasses.filter((_, i) => (lexicon.word(token).classes & (1 << i)) !== 0);

test('a form is the word without case and the space before it', () => {
  assert.equal(lexicon.word(0).form, lexicon.word(1).form);
  assert.notEqual(lexicon.word(0).form, lexicon.word(2).form);
  assert.deepEqual([lexicon.word(0).text, lexicon.text(lexicon.word(3).form), lexicon.word(5).text, lexicon.word(7).text, lexicon.word(8).text], ['film', 'nasa', '↵', ' ', 'é']);
});

test('classes of tokens', () => {
  assert.deepEqual(texts.map((_, token) => classes(token)), [['capitalised'], [], ['digits'], ['capitals'], ['punctuation'], ['line break'], ['special'], [], []]);
});

test('a run of tokens as forms and classes', () => {
  const { forms, classes: bits } = lexicon.words(Int32Array.of(1, 2));
  assert.deepEqual([[...forms], [...bits]], [[lexicon.word(0).form, lexicon.word(2).form], [0, 1]]);
});
