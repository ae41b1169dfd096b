import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blob, integer, integerOrNull, real, text, textOrNull } from '../../../../src/main/catalog/cells.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const damaged = (error: unknown): boolean => error instanceof LoupeError && error.kind === 'bad-file' && /column x/.test(error.message);

test('cells of the right kind pass', () => {
  assert.equal(integer({ x: 3 }, 'x'), 3);
  assert.equal(integerOrNull({ x: null }, 'x'), null);
  assert.equal(real({ x: 0.5 }, 'x'), 0.5);
  assert.equal(text({ x: 'é' }, 'x', 1), 'é');
  assert.equal(textOrNull({ x: null }, 'x'), null);
  assert.equal(blob({ x: new Uint8Array(8) }, 'x', 4, 8).byteLength, 8);
});

test('anything else is a damaged file that names the column', () => {
  for (const value of [1.5, '3', null, 2 ** 60, undefined]) assert.throws(() => integer({ x: value }, 'x'), damaged, String(value));
  for (const value of [NaN, Infinity, '1', null]) assert.throws(() => real({ x: value }, 'x'), damaged);
  for (const value of [1, null, 'too long']) assert.throws(() => text({ x: value }, 'x', 3), damaged);
  for (const value of ['bytes', new Uint8Array(3), new Uint8Array(12), null]) assert.throws(() => blob({ x: value }, 'x', 4, 8), damaged);
});
