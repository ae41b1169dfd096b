import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readGames } from '../../../../src/engine/chess/games-file.ts';

const pgn = `[Event "one"]
[Result "1-0"]

1. e4 e5 2. Nf3 {a comment} Nc6 (2... d6 3. d4) 3. Bb5 $1 a6 1-0

[Event "illegal"]

1. e4 e5 2. Ke3 1-0

[Event "from a set-up position"]
[SetUp "1"]
[FEN "4k3/8/8/8/8/8/8/4K2R w K - 0 1"]

1. O-O 1-0

[Event "last"]

1. d4 d5
2. c4 *
`;

test('games of a PGN file come as transcripts; those that are no games are named by line', () => {
  const { transcripts, skipped } = readGames(pgn);
  assert.deepEqual(transcripts, [';1.e4 e5 2.Nf3 Nc6 3.Bb5 a6', ';1.d4 d5 2.c4']);
  assert.deepEqual(skipped.map(({ line }) => line), [6, 10]);
  assert.match(skipped[1]!.reason, /usual position/);
});

test('transcripts are taken as they are, illegal ones skipped', () => {
  const { transcripts, skipped } = readGames(';1.e4 e5\n\n;1.e4 e4\n;1.d4\n');
  assert.deepEqual(transcripts, [';1.e4 e5', ';1.d4']);
  assert.deepEqual(skipped.map(({ line }) => line), [3]);
  assert.match(skipped[0]!.reason, /ply 2: e4 is not legal/);
});

test('a file without games holds none', () => {
  assert.deepEqual(readGames('').transcripts, []);
  assert.deepEqual(readGames('hello\n').transcripts, []);
});
