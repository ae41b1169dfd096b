import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { coderOf, mostVocab, openCoder, openData, tokenSource } from '../../../../../src/engine/lm/training/text-source.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';

async function all(source: ReturnType<typeof tokenSource>): Promise<number[]> {
  const ids: number[] = [];
  for await (const tokens of source.documents()) ids.push(...tokens);
  return ids;
}

test('documents of a text file end with the token between documents', async (t) => {
  const path = join(temporaryFolder(t), 'a.txt');
  writeFileSync(path, 'ab\n\ncd\n');
  const ids = await all(tokenSource(await openData(path), openCoder('bytes'), 0, 100));
  assert.deepEqual(ids, [97, 98, 256, 99, 100, 256]);
});

test('a folder with tokenizer.json serves as well, and the key tells tokenizers apart', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('dense'));
  const coder = openCoder(folder);
  assert.deepEqual([coder.vocab, coder.end, coder.endText], [257, 256, '<|endoftext|>']);
  assert.deepEqual(coder.encode('hi'), openCoder('bytes').encode('hi'));
  assert.equal(coder.decode(coder.encode('hi')), 'hi');
  const path = join(folder, 'a.txt');
  writeFileSync(path, 'ab');
  const corpus = await openData(path);
  const [a, b] = [openCoder('bytes'), { ...openCoder('bytes'), json: {} }].map((each) => tokenSource(corpus, each, 0, 100).key);
  assert.notEqual(a, b);
  assert.notEqual(tokenSource(corpus, coder, 0, 50).key, tokenSource(corpus, coder, 0, 100).key);
});

test('a vocabulary is learned from the corpus once, and encodes as its own tokenizer.json does', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'a.txt');
  writeFileSync(path, "the cat's mat, the other cat and the others — 你好\n\n".repeat(20));
  const corpus = await openData(path);
  const coder = await coderOf('bpe:280', corpus, join(folder, 'data'));
  assert.deepEqual([coder.vocab, coder.end, coder.endText, mostVocab('bpe:280')], [280, 279, '<|endoftext|>', 280]);
  const text = "the cat's mat,  and\n\t你好 too";
  assert.deepEqual(coder.encode(text), openCoder(join(folder, 'data')).encode(text));
  assert.equal(coder.decode(coder.encode(text)), text);
  assert.equal(coder.encode(' the').length, 1);
  writeFileSync(path, 'something else entirely\n');
  assert.deepEqual((await coderOf('bpe:280', await openData(path), join(folder, 'data'))).json, coder.json);
});

test('a vocabulary that cannot be is refused', () => {
  for (const name of ['bpe:200', 'bpe:', 'bpe:1e9', 'bpe:300.5']) assert.throws(() => mostVocab(name), { kind: 'bad-request', message: /from 258 to 65536, like bpe:2048/u });
});

test('what is missing is said', async () => {
  await assert.rejects(openData('/nowhere/at-all.txt'), { kind: 'not-found' });
  assert.throws(() => openCoder('/nowhere'), { kind: 'not-found', message: /tokenizer\.json/u });
});

test('text is the sample corpus', async () => {
  assert.equal((await openData('text')).name, 'wordnet');
});
