import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chessKind, gamesKind } from '../../../../../src/engine/corpora/kinds/games.ts';
import { corpusKindOf, isBuiltIn, openCorpus } from '../../../../../src/engine/corpora/registry.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

test('a file of transcripts is read game by game, and not as a text of one block', async (t) => {
  const folder = temporaryFolder(t);
  const [games, text] = [join(folder, 'games.txt'), join(folder, 'notes.txt')];
  writeFileSync(games, ';1.e4 e5 2.Nf3\n;1.d4 d5\n');
  writeFileSync(text, 'a note\n\nanother');
  assert.equal(corpusKindOf(games), gamesKind);
  assert.equal(corpusKindOf(text).id, 'text');
  const found: string[] = [];
  for await (const { id, text: game } of (await openCorpus(games)).documents()) found.push(`${id} ${game}`);
  assert.deepEqual(found, ['games.txt:1 ;1.e4 e5 2.Nf3', 'games.txt:2 ;1.d4 d5']);
});

test('"chess" names the games that were made last; without any it says how to make them', async (t) => {
  assert.ok(isBuiltIn('chess'));
  const before = process.env['LOUPE_CACHE'];
  process.env['LOUPE_CACHE'] = temporaryFolder(t);
  try {
    await assert.rejects(chessKind.open('chess', {} as never), (error: unknown) => error instanceof LoupeError && error.kind === 'missing-component' && /loupe data chess/.test(error.message));
  } finally {
    if (before === undefined) delete process.env['LOUPE_CACHE'];
    else process.env['LOUPE_CACHE'] = before;
  }
});
