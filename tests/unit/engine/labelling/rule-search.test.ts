import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Background } from '../../../../src/engine/labelling/background.ts';
import { findRule } from '../../../../src/engine/labelling/rule-search.ts';
import type { FoundRule } from '../../../../src/engine/labelling/rule-search.ts';
import { ruleText } from '../../../../src/engine/labelling/rule-words.ts';
import { MadeText } from '../../../support/label-text.ts';

/** The rule found for windows in which `fires` fires, against random text. */
function found(fires: (word: string, before: string) => number): { rule: FoundRule | null; text: string } {
  const made = new MadeText();
  const all = made.random(3000, 5, fires).filter(({ activations }) => activations.some((value) => value > 0)).slice(0, 20);
  const others = made.random(256, 6, fires);
  // Windows in which it fires do not count against it.
  const counts = Uint8Array.from(others, ({ activations }) => (activations.some((value) => value > 0) ? 0 : 1));
  const rule = findRule(all, new Background(others, made.lexicon), made.lexicon, counts);
  return { rule, text: rule === null ? '' : ruleText(rule.rule, made.lexicon) };
}

test('one token', () => assert.equal(found((word) => (word === 'w7x' ? 2 : 0)).text, 'token "w7x"'));

test('a set of tokens', () => {
  const { text } = found((word) => (word === 'w7x' || word === 'w8x' ? 2 : 0));
  assert.ok(text === 'token "w7x"/"w8x"' || text === 'token "w8x"/"w7x"', text);
});

test('a class', () => assert.equal(found((word) => (/^\d$/.test(word) ? 2 : 0)).text, 'digits'));

test('the token before', () => assert.equal(found((_, before) => (before === 'w7x' ? 2 : 0)).text, 'tokens after "w7x"'));

test('a conjunction beats each of its parts', () => {
  const made = new MadeText();
  // "bank" fires only after "river"; both words stand elsewhere too.
  const texts = Array.from({ length: 20 }, (_, i) => made.window(`a${i} b${i} river *bank c${i}`));
  const others = Array.from({ length: 200 }, (_, i) => made.window(i % 2 === 0 ? `a${i} b${i} the bank c${i}` : `a${i} b${i} river boat c${i}`));
  const rule = findRule(texts, new Background(others, made.lexicon), made.lexicon, new Uint8Array(200).fill(1))!;
  assert.equal(ruleText(rule.rule, made.lexicon), 'token "bank" after "river"');
  assert.equal(rule.f1, 1);
});

test('F1 by hand: the background counts four to one', () => {
  const made = new MadeText();
  // 9 of 10 windows hold the token; 1 of 10 of the background: 2*9 / (9 + .1*40 + 10) = 18/23.
  const texts = Array.from({ length: 10 }, (_, i) => made.window(i === 0 ? `*p${i} q${i}` : `*t q${i}`));
  const others = Array.from({ length: 10 }, (_, i) => made.window(i === 0 ? `t s${i}` : `r${i} s${i}`));
  const rule = findRule(texts, new Background(others, made.lexicon), made.lexicon, new Uint8Array(10).fill(1))!;
  assert.ok(Math.abs(rule.f1 - 18 / 23) < 1e-12, String(rule.f1));
  // Where that window is known to have the feature it does not count: 18 / 19.
  const known = findRule(texts, new Background(others, made.lexicon), made.lexicon, Uint8Array.from({ length: 10 }, (_, i) => (i === 0 ? 0 : 1)))!;
  assert.ok(Math.abs(known.f1 - 18 / 19) < 1e-12);
});

test('nothing in common: no rule', () => {
  const made = new MadeText();
  const texts = Array.from({ length: 12 }, (_, i) => made.window(`u${i} *v${i} w${i}`));
  assert.equal(findRule(texts, new Background(made.random(100, 1, undefined, 3), made.lexicon), made.lexicon, new Uint8Array(100).fill(1)), null);
});
