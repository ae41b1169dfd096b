import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ftsQuery, marksIn, parseSearch, snippetOf } from '../../../../src/main/catalog/search-text.ts';

describe('a query', () => {
  test('is words, phrases and beginnings, all of which must occur', () => {
    assert.equal(ftsQuery(parseSearch('move "hot dog" crim*', false)), '"move" AND "hot dog" AND "crim"*');
  });

  test('while it is typed, its last word is a beginning; after a space it is not', () => {
    assert.equal(ftsQuery(parseSearch('hot do', true)), '"hot" AND "do"*');
    assert.equal(ftsQuery(parseSearch('hot dog ', true)), '"hot" AND "dog"');
  });

  test('has no operators: what FTS5 would read as syntax separates words', () => {
    assert.equal(ftsQuery(parseSearch('a OR b:c NEAR(d) ^e -f', false)), '"a" AND "OR" AND "b c" AND "NEAR d" AND "e" AND "f"');
    assert.equal(ftsQuery(parseSearch('"" * () \u0000', false)), null);
    assert.equal(ftsQuery(parseSearch('"open', false)), '"open"');
  });
});

describe('marks', () => {
  const marked = (text: string, query: string): string[] => marksIn(text, parseSearch(query, false)).map(([start, end]) => text.slice(start, end));

  test('stand at the words, whatever their case and accents', () => {
    assert.deepEqual(marked('Ein CAFÉ, kein café-crème', 'cafe'), ['CAFÉ', 'café']);
  });

  test('cover a phrase as one, and only where it stands whole', () => {
    assert.deepEqual(marked('hot dog, dog hot, hot cat', '"hot dog"'), ['hot dog']);
  });

  test('take beginnings with a star only', () => {
    assert.deepEqual(marked('crime criminal', 'crim'), []);
    assert.deepEqual(marked('crime criminal', 'crim*'), ['crime', 'criminal']);
  });
});

describe('a snippet', () => {
  test('is cut at spaces around the first mark, which keeps its place', () => {
    const text = `${'before '.repeat(40)}needle ${'after '.repeat(40)}`;
    const { snippet, marks } = snippetOf(text, parseSearch('needle', false));
    assert.ok(snippet.length < 180 && snippet.startsWith('… before') && snippet.endsWith('after …'));
    assert.deepEqual(marks.map(([start, end]) => snippet.slice(start, end)), ['needle']);
  });

  test('of a short text is the text', () => {
    assert.deepEqual(snippetOf('a needle', parseSearch('needle', false)), { snippet: 'a needle', marks: [[2, 8]] });
  });
});
