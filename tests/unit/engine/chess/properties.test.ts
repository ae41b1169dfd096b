import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chess } from 'chess.js';
import { boardProperties, propertiesOf, propertyNames } from '../../../../src/engine/chess/properties.ts';

const has = (chess: Chess, name: string): boolean => {
  const place = propertyNames.indexOf(name);
  assert.ok(place >= 0, `there is no property "${name}"`);
  return propertiesOf(chess)[place] === 1;
};
const start = 'rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1';

/** Positions with what was read off them by hand. */
const labelled: readonly (readonly [fen: string, holds: readonly string[], holdsNot: readonly string[]])[] = [
  [start, ['piece wQ d1', 'white on e1', 'nobody on e4', 'may castle kingside', 'may castle queenside', 'queen: mine', 'bishop pair: theirs', 'legal move to e4', 'pseudo-legal move to a3'], ['moved piece wQ d1', 'in check', 'legal move to e5', 'forks', 'has a pinned man', 'under threat e4', 'can give check', 'connected rooks: mine']],
  ['rnbqkbnr/pppp1ppp/8/4p3/4P3/8/PPPP1PPP/RNBQKBNR w KQkq - 0 2', ['moved piece wP e4', 'moved piece bP e5', 'under threat d4', 'legal move to h5'], ['can give check', 'under threat e5', 'can take the queen', 'moved piece wP d2']],
  ['rnb1kbnr/pppp1ppp/8/4p3/6Pq/5P2/PPPPP2P/RNBQKBNR w KQkq - 1 3', ['in check', 'moved piece bQ h4'], ['stalemate', 'can give check']],
  ['4k3/8/8/4r3/8/8/4N3/4K3 w - - 0 1', ['has a pinned man', 'pseudo-legal move to d4'], ['legal move to d4', 'in check', 'their man is pinned']],
  ['4k3/4n3/8/8/4R3/8/8/4K3 w - - 0 1', ['their man is pinned'], ['has a pinned man']],
  ['r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1', ['may castle kingside', 'may castle queenside', 'can give check'], ['connected rooks: mine', 'queen: mine']],
  ['4k3/8/8/8/8/8/8/R2RK3 w - - 0 1', ['connected rooks: mine', 'material ahead by 9 or more'], ['may castle', 'connected rooks: theirs']],
  ['4k2r/8/8/8/8/8/6r1/4K2R w K - 0 1', ['may castle kingside', 'may castle'], ['may castle queenside']],
  ['r3k3/8/8/3N4/8/8/8/4K3 w - - 0 1', ['legal move to c7', 'can give check'], ['forks with N', 'in check']],
  ['r3k3/2N5/8/8/8/8/8/4K3 b - - 0 1', ['in check', 'is forked by N', 'is forked'], ['forks', 'forks with R']],
  ['4k3/8/8/8/8/2n5/8/R3Q1K1 b - - 0 1', ['queen: theirs'], ['forks with N']],
  ['4k3/8/8/8/8/1n6/8/R1Q3K1 b - - 0 1', ['forks with N', 'forks', 'can take the queen'], ['is forked by N']],
  ['4k3/3p1n2/4P3/8/8/8/8/4K3 w - - 0 1', ['legal move to f7', 'legal move to d7', 'can give check'], ['forks with P']],
  ['4k3/8/3r1n2/4P3/8/8/8/4K3 w - - 0 1', ['forks with P', 'forks'], ['is forked by P']],
  ['rnbqkbnr/ppp1p1pp/8/3pPp2/8/8/PPPP1PPP/RNBQKBNR w KQkq f6 0 3', ['legal en passant', 'legal move to f6'], ['in check']],
  ['rnbqkbnr/pppp1ppp/8/8/3Pp3/8/PPP1PPPP/RNBQKBNR b KQkq - 0 3', ['legal move to e3'], ['legal en passant']],
  ['8/8/8/8/8/5k2/5p2/5K2 w - - 0 1', ['stalemate', 'at most 8 men on the board'], ['in check', 'legal move to e1']],
  ['6k1/5ppp/8/8/8/8/8/4R1K1 w - - 0 1', ['can give mate', 'can give check', 'material ahead by 1 or more'], ['material ahead by 3 or more', 'in check']],
  ['4k3/8/8/8/8/8/8/N2NK3 w - - 0 1', ['material ahead by 3 or more'], ['a move is ambiguous without its square', 'bishop pair: mine']],
  ['4k3/8/8/8/8/1N3N2/8/4K3 w - - 0 1', ['a move is ambiguous without its square', 'legal move to d4'], ['queen: theirs']],
  ['4k3/8/8/8/8/8/8/2B1KB2 w - - 0 1', ['bishop pair: mine'], ['bishop pair: theirs']],
  ['4k3/8/8/8/7q/8/8/4K2R w K - 0 1', ['in check', 'can take the queen', 'material ahead by -9 or more', 'may castle kingside'], ['material ahead by 0 or more']],
  ['4kr2/8/8/8/8/8/8/4K2R w K - 0 1', ['may castle kingside', 'legal move to g1'], ['in check']],
];

test('the extractor agrees with positions that were labelled by hand', () => {
  assert.ok(labelled.length >= 20);
  for (const [fen, holds, holdsNot] of labelled) {
    const chess = new Chess(fen);
    for (const name of holds) assert.equal(has(chess, name), true, `${name} in ${fen}`);
    for (const name of holdsNot) assert.equal(has(chess, name), false, `not ${name} in ${fen}`);
  }
});

test('castling through check is not a legal move, though the right remains', () => {
  const chess = new Chess('4k3/8/8/8/8/8/5r2/R3K2R w KQ - 0 1');
  assert.equal(has(chess, 'may castle kingside'), true);
  assert.equal(has(chess, 'legal move to g1'), true, 'by the rook');
  assert.equal(chess.moves().includes('O-O'), false);
});

test('repetition is a draw that can be claimed', () => {
  const chess = new Chess();
  for (const move of ['Nf3', 'Nf6', 'Ng1', 'Ng8', 'Nf3', 'Nf6', 'Ng1']) chess.move(move);
  assert.equal(has(chess, 'can claim a draw'), false);
  chess.move('Ng8');
  assert.equal(has(chess, 'can claim a draw'), true);
});

test('names are unique; the board can be read off the square-class properties', () => {
  assert.equal(new Set(propertyNames).size, propertyNames.length);
  const [first, end] = boardProperties;
  assert.equal(end - first, 768);
  const found = propertiesOf(new Chess()).subarray(first, end).reduce((a, b) => a + b, 0);
  assert.equal(found, 32);
});
