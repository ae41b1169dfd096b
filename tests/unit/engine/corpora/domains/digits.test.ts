import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digits, digitsDocument } from '../../../../../src/engine/corpora/domains/digits.ts';

function isTrue(line: string): boolean {
  const [, a, sign, b, c] = /^(\d+)([+*-])(\d+)=(\d+)$/u.exec(line) ?? [];
  if (sign !== undefined) return (sign === '+' ? Number(a) + Number(b) : sign === '-' ? Number(a) - Number(b) : Number(a) * Number(b)) === Number(c);
  const numbers = line.split(' ').map(Number);
  return numbers.length === 6 && numbers.every((number, i) => i === 0 || number - numbers[i - 1]! === numbers[1]! - numbers[0]!);
}

test('what is written is true, and a document is the same each time', () => {
  for (let number = 0; number < 200; number++) for (const line of digitsDocument(number).split('\n')) assert.ok(isTrue(line), line);
  assert.equal(digitsDocument(7), digitsDocument(7));
  assert.notEqual(digitsDocument(7), digitsDocument(8));
});

test('documents are numbered, each a group of its own', async () => {
  const { documents } = await digits.open({ log: () => {} });
  for await (const document of documents()) {
    assert.deepEqual(document, { id: 'digits:0', text: digitsDocument(0), group: 'digits:0' });
    break;
  }
});
