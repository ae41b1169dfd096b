/** Geometry of the board that move generators keep to themselves: rays, what a piece attacks, pins. Squares are 0 (a1) to 63 (h8). */
import type { Chess, Color, PieceSymbol } from 'chess.js';

export interface Man {
  readonly type: PieceSymbol;
  readonly colour: Color;
}

/** [64], null where nothing stands. */
export type Board = readonly (Man | null)[];

export const squareName = (square: number): string => `${'abcdefgh'[square & 7]}${(square >> 3) + 1}`;
export const squareNames: readonly string[] = Array.from({ length: 64 }, (_, square) => squareName(square));

export function boardOf(chess: Chess): Board {
  const board: (Man | null)[] = Array.from({ length: 64 }, () => null);
  for (const [down, rank] of chess.board().entries()) {
    for (const [file, man] of rank.entries()) if (man !== null) board[(7 - down) * 8 + file] = { type: man.type, colour: man.color };
  }
  return board;
}

type Step = readonly [number, number];
const straight: readonly Step[] = [[1, 0], [-1, 0], [0, 1], [0, -1]];
const diagonal: readonly Step[] = [[1, 1], [1, -1], [-1, 1], [-1, -1]];
const all: readonly Step[] = [...straight, ...diagonal];
const jumps: readonly Step[] = [[1, 2], [2, 1], [-1, 2], [-2, 1], [1, -2], [2, -1], [-1, -2], [-2, -1]];
const rays: Readonly<Partial<Record<PieceSymbol, readonly Step[]>>> = { r: straight, b: diagonal, q: all };

function at(square: number, [file, rank]: Step, times = 1): number | null {
  const [x, y] = [(square & 7) + file * times, (square >> 3) + rank * times];
  return x < 0 || x > 7 || y < 0 || y > 7 ? null : y * 8 + x;
}

/** The squares from one along a step up to the first man, that one included. */
export function ray(board: Board, from: number, step: Step): number[] {
  const squares: number[] = [];
  for (let times = 1; ; times++) {
    const square = at(from, step, times);
    if (square === null) return squares;
    squares.push(square);
    if (board[square] !== null) return squares;
  }
}

/** The squares that the man on `from` attacks, whoever stands there. */
export function attacks(board: Board, from: number): number[] {
  const man = board[from];
  if (man === null || man === undefined) return [];
  const sliding = rays[man.type];
  if (sliding !== undefined) return sliding.flatMap((step) => ray(board, from, step));
  const up = man.colour === 'w' ? 1 : -1;
  const steps = man.type === 'p' ? ([[-1, up], [1, up]] as const) : man.type === 'n' ? jumps : all;
  return steps.map((step) => at(from, step)).filter((square) => square !== null);
}

/** [64]: 1 where a man of `colour` attacks. */
export function attackedBy(board: Board, colour: Color): Uint8Array {
  const squares = new Uint8Array(64);
  for (const [from, man] of board.entries()) if (man?.colour === colour) for (const to of attacks(board, from)) squares[to] = 1;
  return squares;
}

/** The men of `colour` that may not leave their line because their king stands behind them. */
export function pinned(board: Board, colour: Color): number[] {
  const king = board.findIndex((man) => man?.type === 'k' && man.colour === colour);
  return all.flatMap((step) => {
    const first = ray(board, king, step).at(-1);
    if (first === undefined || board[first]?.colour !== colour) return [];
    const second = ray(board, first, step).at(-1);
    const behind = second === undefined ? null : board[second]!;
    return behind !== null && behind.colour !== colour && rays[behind.type]?.includes(step) === true ? [first] : [];
  });
}

/** Where men of `colour` could go if check did not matter: their attacks but not onto their own, and the pawns' ways forward. */
export function pseudoLegal(board: Board, colour: Color, enPassant: number | null): Uint8Array {
  const squares = new Uint8Array(64);
  for (const [from, man] of board.entries()) {
    if (man?.colour !== colour) continue;
    for (const to of attacks(board, from)) {
      const taken = board[to];
      if (man.type === 'p' ? (taken !== null && taken !== undefined && taken.colour !== colour) || to === enPassant : taken?.colour !== colour) squares[to] = 1;
    }
    if (man.type !== 'p') continue;
    const up = colour === 'w' ? 1 : -1;
    const [one, two] = [at(from, [0, up]), at(from, [0, up], 2)];
    if (one === null || board[one] !== null) continue;
    squares[one] = 1;
    if (two !== null && board[two] === null && from >> 3 === (colour === 'w' ? 1 : 6)) squares[two] = 1;
  }
  return squares;
}
