import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeMask, bitCount, gramHashes, silentWindow, windowBounds, withoutDuplicates } from '../../../../src/engine/labelling/windows.ts';
import { MadeText } from '../../../support/label-text.ts';

test('the peak stands at the 24th of 32 tokens, as far as the text allows', () => {
  assert.deepEqual(windowBounds(50, 0, 128), [27, 59]);
  assert.deepEqual(windowBounds(3, 0, 128), [0, 32]);
  assert.deepEqual(windowBounds(127, 0, 128), [96, 128]);
  assert.deepEqual(windowBounds(5, 0, 10), [0, 10]);
});

test('active is above 0.3 of the window\'s own maximum; for scorers at least that', () => {
  const window = new MadeText().window('a *b:10 *c:3 *d:2.9 e');
  assert.equal(activeMask(window, false), 0b00010);
  assert.equal(activeMask(window), 0b00110);
  assert.equal(activeMask(new MadeText().window('a b')), 0);
});

test('the last of 32 places is counted too', () => {
  const words = Array.from({ length: 32 }, (_, i) => `w${i}`);
  words[31] = '*last';
  assert.equal(activeMask(new MadeText().window(words.join(' '))), 0x80000000);
  assert.deepEqual([bitCount(0x80000000), bitCount(0xffffffff), bitCount(0), bitCount(0b1011)], [1, 32, 0, 3]);
});

test('a window without the feature is a part of its text', () => {
  const made = new MadeText();
  const text = made.window('a b c d e');
  const part = silentWindow(text.tokens, text, 7, 1, 3);
  assert.deepEqual([[...part.tokens], [...part.forms], part.start, part.context, [...part.activations]], [[1, 2], [...text.forms.subarray(1, 3)], 1, 7, [0, 0]]);
});

test('windows that share eight tokens in a row are near-duplicates; seven are not', () => {
  const made = new MadeText();
  const [first] = [made.window('a b c d e f g h i')];
  assert.equal(gramHashes(first!.tokens).length, 2);
  assert.equal(gramHashes(first!.tokens.subarray(0, 3)).length, 1);
  const eight = made.window('x y b c d e f g h i z');
  const seven = made.window('x y c d e f g h i z q');
  assert.deepEqual(withoutDuplicates([eight, seven], [first!]), [seven]);
});
