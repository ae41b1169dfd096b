import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chessText } from '../../../../../src/engine/corpora/domains/chess.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

test('a game is a document and a group; without games, how to make them is said', async (t) => {
  const path = join(temporaryFolder(t), 'games.txt');
  assert.throws(() => chessText(path), { kind: 'missing-component', message: /loupe data chess/u });
  writeFileSync(path, ';1.e4 e5\n');
  for await (const document of chessText(path).documents()) assert.deepEqual(document, { id: 'games.txt:1', text: ';1.e4 e5', group: 'games.txt:1' });
});
