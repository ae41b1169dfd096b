import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chessCoder, holdsGames, openGames } from '../../../../../src/engine/lm/training/chess-source.ts';
import { openCoder, openData } from '../../../../../src/engine/lm/training/text-source.ts';
import { createTokenizer } from '../../../../../src/engine/tokenizers/tokenizer.ts';
import type { TokenizerJson } from '../../../../../src/engine/tokenizers/tokenizer-json.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-games-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'games.txt');
const games = [';1.e4 e5 2.Nf3 Nc6', ';1.d4 d5 2.c4'];
writeFileSync(path, `${games.join('\n')}\n\n`);

test('each game is a document, and a file of games is known by how it begins', async () => {
  const texts: string[] = [];
  for await (const { text } of (await openData(path)).documents()) texts.push(text);
  assert.deepEqual(texts, games);
  assert.deepEqual([holdsGames(path), holdsGames(folder), holdsGames(join(folder, 'none'))], [true, false, false]);
});

test('33 tokens: the characters, and one between games; the tokenizer.json says the same', () => {
  const coder = openCoder('chess');
  assert.deepEqual([coder.vocab, coder.end], [33, 32]);
  assert.equal(coder.decode([...coder.encode(games[0]!), coder.end, ...coder.encode(games[1]!)]), games.join('\n'));
  const tokenizer = createTokenizer(chessCoder().json as TokenizerJson, { eos_token: coder.endText }, 'chess');
  assert.deepEqual([...tokenizer.encode(games[0]!)], [...coder.encode(games[0]!)]);
  assert.equal(tokenizer.eosTokenId, 32);
});

test('where there are no games, how to make them is said', () => {
  assert.throws(() => openGames(join(folder, 'none.txt')), { kind: 'missing-component', message: /loupe data chess/u });
});
