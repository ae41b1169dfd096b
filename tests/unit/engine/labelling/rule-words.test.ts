import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleFamily, ruleText } from '../../../../src/engine/labelling/rule-words.ts';
import type { Rule } from '../../../../src/engine/labelling/predicates.ts';
import { MadeText } from '../../../support/label-text.ts';

const made = new MadeText();
const [movie, film, the, war] = ['movie', 'film', 'the', 'war'].map((word) => made.lexicon.word(made.id(word)).form) as [number, number, number, number];

test('rules read as labels', () => {
  const cases: readonly (readonly [Rule, string, string])[] = [
    [[{ kind: 'current', forms: [movie, film] }, { kind: 'previous', forms: [the] }], 'token "movie"/"film" after "the"', 'token'],
    [[{ kind: 'class', name: 'digits' }], 'digits', 'number'],
    [[{ kind: 'suffix', suffix: 'ing' }, { kind: 'topic', forms: [war] }], 'words ending in -ing near "war"', 'word form'],
    [[{ kind: 'topic', forms: [war] }], 'tokens near "war"', 'topic'],
    [[{ kind: 'previous', forms: [the] }], 'tokens after "the"', 'previous token'],
    [[{ kind: 'position', bucket: 3 }, { kind: 'repeated' }], 'repeated words from position 64 on', 'position'],
    [[{ kind: 'class', name: 'capitalised' }, { kind: 'repeated' }], 'capitalised words that are repeated words', 'name'],
    [[{ kind: 'position', bucket: 0 }], 'tokens at positions 0 to 3', 'position'],
    [[], 'tokens', 'other'],
  ];
  for (const [rule, text, family] of cases) assert.deepEqual([ruleText(rule, made.lexicon), ruleFamily(rule)], [text, family]);
});
