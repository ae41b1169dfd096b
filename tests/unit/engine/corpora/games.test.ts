import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { holdsGames, openGames, usualGames } from '../../../../src/engine/corpora/games.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('games are documents by their line, and a file of them is known by how it begins', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'games.txt');
  writeFileSync(path, ';1.e4 e5\n\n;1.d4 d5\n');
  const found: string[] = [];
  for await (const { id, text } of openGames(path).documents()) found.push(`${id} ${text}`);
  assert.deepEqual(found, ['games.txt:1 ;1.e4 e5', 'games.txt:3 ;1.d4 d5']);
  assert.deepEqual([holdsGames(path), holdsGames(folder), holdsGames(join(folder, 'none'))], [true, false, false]);
});

test('the usual place is in the cache, and where nothing is there, how to make games is said', (t) => {
  const folder = temporaryFolder(t);
  assert.match(usualGames(), /data.chess-games\.txt$/u);
  assert.throws(() => openGames(join(folder, 'none.txt')), { kind: 'missing-component', message: /loupe data chess/u });
});
