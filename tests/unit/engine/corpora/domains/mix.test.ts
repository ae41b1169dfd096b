import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CorpusDocument } from '../../../../../src/engine/corpora/definition.ts';
import { documentsOf, equalBytes } from '../../../../../src/engine/corpora/domains/mix.ts';
import { splitOf } from '../../../../../src/engine/corpora/domains/split.ts';

async function* texts(name: string, lengths: readonly number[], closed: string[] = []): AsyncGenerator<CorpusDocument> {
  try {
    for (const [i, length] of lengths.entries()) yield { id: `${name}${i}`, text: name.repeat(length) };
  } finally {
    closed.push(name);
  }
}

test('each document comes from the source with the fewest bytes, and the mix ends with the first that ends', async () => {
  const closed: string[] = [];
  const order: string[] = [];
  // a: 10, then 10; b: 3 a document. With the byte between documents: a 11, b 4, 8, 12, then a 22, then b is at its end
  for await (const { id } of equalBytes([texts('a', [10, 10, 10], closed), texts('b', [3, 3, 3], closed)])) order.push(id);
  assert.deepEqual(order, ['a0', 'b0', 'b1', 'b2', 'a1']);
  assert.deepEqual(closed.sort(), ['a', 'b'], 'what was left open is closed');
});

test('bytes are those of UTF-8, not characters', async () => {
  const order: string[] = [];
  for await (const { id } of equalBytes([texts('é', [2, 2]), texts('b', [2, 2, 2])])) order.push(id);
  // é é is 4 + 1 bytes, b b is 2 + 1: b comes twice before é comes again
  assert.deepEqual(order, ['é0', 'b0', 'b1', 'é1', 'b2']);
});

test('a part holds its own documents alone, in the same order each time', async () => {
  const text = { sources: [], documents: async function* () { for (let i = 0; i < 400; i++) yield { id: `d${i}`, text: String(i), group: `g${i >> 1}` }; } };
  const read = async (): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { id } of documentsOf(text, 'test')) ids.push(id);
    return ids;
  };
  const [first, second] = [await read(), await read()];
  assert.deepEqual(first, second);
  assert.deepEqual([...first].sort(), Array.from({ length: 400 }, (_, i) => i).filter((i) => splitOf(`g${i >> 1}`) === 'test').map((i) => `d${i}`).sort());
  assert.notDeepEqual(first, [...first].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))), 'and not in that of the file');
});
