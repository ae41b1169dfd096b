import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chess, type Square } from 'chess.js';
import { Random } from '../../../../src/engine/random.ts';
import { attackedBy, boardOf, pinned, pseudoLegal, squareNames } from '../../../../src/engine/chess/squares.ts';

/** Positions of random games. */
function* positions(games: number): Generator<Chess> {
  for (let i = 0; i < games; i++) {
    const random = Random.from(i, 'positions');
    const chess = new Chess();
    for (let ply = 0; ply < 60 && !chess.isGameOver(); ply++) {
      const moves = chess.moves();
      chess.move(moves[random.integer(moves.length)]!);
      yield chess;
    }
  }
}

test('squares count from a1, and the rules are right: perft(4) = 197,281', () => {
  assert.deepEqual([squareNames[0], squareNames[7], squareNames[63]], ['a1', 'h1', 'h8']);
  assert.equal(boardOf(new Chess())[4]!.type, 'k');
  assert.equal(new Chess().perft(4), 197_281);
});

test('attacked squares are those of chess.js', () => {
  for (const chess of positions(4)) {
    for (const colour of ['w', 'b'] as const) {
      const mine = attackedBy(boardOf(chess), colour);
      assert.deepEqual([...mine], squareNames.map((square) => Number(chess.isAttacked(square as Square, colour))), chess.fen());
    }
  }
});

test('every legal move but castling goes where a pseudo-legal one goes, and they differ only by check', () => {
  for (const chess of positions(4)) {
    const passant = chess.fen().split(' ')[3]!;
    const pseudo = pseudoLegal(boardOf(chess), chess.turn(), passant === '-' ? null : squareNames.indexOf(passant));
    const legal = new Set(chess.moves({ verbose: true }).filter(({ san }) => !san.startsWith('O-O')).map(({ to }) => to as string));
    for (const square of legal) assert.equal(pseudo[squareNames.indexOf(square)], 1, `${square} in ${chess.fen()}`);
    if (!chess.inCheck() && pinned(boardOf(chess), chess.turn()).length === 0) {
      const king = boardOf(chess).findIndex((man) => man?.type === 'k' && man.colour === chess.turn());
      for (const [square, name] of squareNames.entries()) {
        // Where nothing is pinned and no check stands, only the king's own steps may be illegal (and en passant that uncovers a line).
        const near = Math.max(Math.abs((square & 7) - (king & 7)), Math.abs((square >> 3) - (king >> 3))) === 1;
        if (pseudo[square] === 1 && !near && name !== passant) assert.ok(legal.has(name), `${name} in ${chess.fen()}`);
      }
    }
  }
});

test('a man before its king on the line of a slider is pinned, and no other', () => {
  const pins = (fen: string): string[] => pinned(boardOf(new Chess(fen)), 'w').map((square) => squareNames[square]!);
  assert.deepEqual(pins('4k3/8/8/4r3/8/8/4N3/4K3 w - - 0 1'), ['e2']);
  assert.deepEqual(pins('4k3/8/8/4b3/8/8/4N3/4K3 w - - 0 1'), [], 'a bishop does not pin along a file');
  assert.deepEqual(pins('4k3/8/8/8/1b6/2N5/8/4K3 w - - 0 1'), ['c3']);
  assert.deepEqual(pins('4k3/4r3/8/4n3/8/8/4N3/4K3 w - - 0 1'), [], 'a man of theirs stands between');
});
