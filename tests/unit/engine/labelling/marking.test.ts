/** F-T3: marks come off without a trace. F-T4: strengths are whole numbers from 0 to 10. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainedWindow, markText, strength, stripMarks } from '../../../../src/engine/labelling/marking.ts';
import { Random } from '../../../../src/engine/random.ts';
import { MadeText } from '../../../support/label-text.ts';

test('runs of active tokens are marked once', () => {
  assert.equal(markText([' the', ' hot', ' dog', ' ran'], 0b0110), ' the<< hot dog>> ran');
  assert.equal(markText([' a', ' b'], 0), ' a b');
});

test('without its marks a text is what it was, byte for byte, whatever stands in it', () => {
  const parts = ['<', '>', '<<', '>>', '\\', '\\\\', 'a', ' ', '<<<', '\\<<', '\n', '’'];
  for (let seed = 0; seed < 2000; seed++) {
    const random = Random.from(seed, 'marks');
    const tokens = Array.from({ length: 1 + random.integer(6) }, () => parts[random.integer(parts.length)]!);
    const marks = random.integer(64);
    assert.equal(stripMarks(markText(tokens, marks)), tokens.join(''), JSON.stringify([tokens, marks]));
  }
});

test('strengths: the maximum is 10, nothing is 0, and all between are whole', () => {
  assert.deepEqual([strength(7, 7), strength(0, 7), strength(0.01, 7), strength(3.5, 7), strength(99, 7), strength(1, 0)], [10, 0, 1, 5, 10, 0]);
  for (let i = 0; i <= 100; i++) assert.ok(Number.isInteger(strength(i, 100)) && strength(i, 100) >= 0 && strength(i, 100) <= 10);
});

test('a window as it is explained: strictly above 0.3 of its maximum, the strongest first', () => {
  const made = new MadeText();
  const { text, strengths } = explainedWindow(made.window('a *b:4 *c:10 *d:3 e'), 20, (token) => made.texts[token]!);
  assert.equal(text, ' a<< b c>> d e');
  assert.deepEqual(strengths, [[' c', 5], [' b', 2]]);
});
