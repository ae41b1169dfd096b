import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteCharacters, bytesOfToken, showBytes } from '../../../../src/engine/tokenizers/bytes.ts';

test('each byte has one character of its own, and those that print stand for themselves', () => {
  assert.equal(byteCharacters.length, 256);
  assert.equal(new Set(byteCharacters).size, 256);
  assert.equal(byteCharacters[0x41], 'A');
  assert.equal(byteCharacters[0xff], 'ÿ');
  assert.ok(byteCharacters.every((character) => !/[\s\p{C}]/u.test(character)));
});

test('the characters of bytes that do not print are those of GPT-2', () => {
  assert.equal(byteCharacters[0x00], 'Ā');
  assert.equal(byteCharacters[0x0a], 'Ċ');
  assert.equal(byteCharacters[0x20], 'Ġ');
  assert.equal(byteCharacters[0x7f], 'ġ');
  // The soft hyphen, alone among the printable, is the last of the 68.
  assert.equal(byteCharacters[0xad], String.fromCharCode(0x100 + 67));
});

test('a token turns into its bytes and back', () => {
  assert.deepEqual([...bytesOfToken('ĠÃ©')!], [0x20, 0xc3, 0xa9]);
  assert.deepEqual([...bytesOfToken('')!], []);
  assert.deepEqual([...bytesOfToken(byteCharacters.join(''))!], Array.from({ length: 256 }, (_, byte) => byte));
});

test('a token with a character outside the alphabet stands for no bytes', () => {
  for (const token of ['a b', 'a\n', '\u2581a', '日', '😀', '\ud800']) assert.equal(bytesOfToken(token), null, JSON.stringify(token));
});

const show = (...bytes: number[]): string => showBytes(Uint8Array.from(bytes));

test('whole characters are shown as they are, spaces and newlines among them', () => {
  assert.equal(show(...Buffer.from(' a\n\té€😀')), ' a\n\té€😀');
  assert.equal(show(), '');
  assert.equal(show(0xef, 0xbb, 0xbf, 0x61), '\ufeffa');
});

test('bytes that make no character are shown as \\xNN, and what follows them is not lost', () => {
  assert.equal(show(0xc3), '\\xC3');
  assert.equal(show(0x20, 0xf0, 0x9f, 0x98), ' \\xF0\\x9F\\x98');
  assert.equal(show(0xa9, 0x61), '\\xA9a');
  assert.equal(show(0xc3, 0x61, 0xc3, 0xa9), '\\xC3aé');
});

test('what only looks like UTF-8 is shown as bytes: overlong forms, surrogates, beyond U+10FFFF', () => {
  assert.equal(show(0xc0, 0xaf), '\\xC0\\xAF');
  assert.equal(show(0xe0, 0x80, 0xaf), '\\xE0\\x80\\xAF');
  assert.equal(show(0xed, 0xa0, 0x80), '\\xED\\xA0\\x80');
  assert.equal(show(0xf4, 0x90, 0x80, 0x80), '\\xF4\\x90\\x80\\x80');
  assert.equal(show(0xf5, 0xff), '\\xF5\\xFF');
});
