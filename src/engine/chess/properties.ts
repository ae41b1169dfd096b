/**
 * Board-state properties (data.md L.7, the list of Karvonen et al. 2024, 2408.00113): what is true of a position, for the side to move ("mine")
 * and the other ("theirs"). Two of their list need an engine or a player's rating and are left out; so are the last own move and the previous
 * position, which the transcript itself says.
 */
import type { Chess, Color, PieceSymbol } from 'chess.js';
import { attackedBy, attacks, boardOf, pinned, pseudoLegal, squareNames, type Board } from './squares.ts';

const types: readonly PieceSymbol[] = ['p', 'n', 'b', 'r', 'q', 'k'];
const value: Readonly<Record<PieceSymbol, number>> = { p: 1, n: 3, b: 3, r: 5, q: 9, k: 100 };
const other = (colour: Color): Color => (colour === 'w' ? 'b' : 'w');

/** What one property group is computed from. */
interface Position {
  readonly chess: Chess;
  readonly board: Board;
  readonly mine: Color;
  /** Of every legal move: the square it goes to, how it is written, and what it takes. */
  readonly moves: readonly { readonly to: string; readonly san: string; readonly captured?: PieceSymbol }[];
}

interface Group {
  readonly names: readonly string[];
  /** 0 or 1 for each name. */
  readonly of: (position: Position) => ArrayLike<number | boolean>;
}

const squares = (prefix: string, of: Group['of']): Group => ({ names: squareNames.map((name) => `${prefix} ${name}`), of });
const single = (name: string, of: (position: Position) => boolean): Group => ({ names: [name], of: (position) => [of(position)] });

const starts = 'RNBQKBNR';
/** A man that stands where it stood at the beginning, whether or not it ever moved. */
function atHome(board: Board, square: number): boolean {
  const man = board[square];
  if (man === null || man === undefined) return false;
  const [rank, file] = [square >> 3, square & 7];
  if (man.type === 'p') return rank === (man.colour === 'w' ? 1 : 6);
  return rank === (man.colour === 'w' ? 0 : 7) && starts[file]!.toLowerCase() === man.type;
}

const men = (['w', 'b'] as const).flatMap((colour) => types.map((type) => ({ colour, type })));
const manName = ({ colour, type }: (typeof men)[number]): string => `${colour}${type.toUpperCase()}`;

function piecesOnSquares(title: string, counts: (board: Board, square: number) => boolean): Group {
  return {
    names: men.flatMap((man) => squareNames.map((square) => `${title} ${manName(man)} ${square}`)),
    of: ({ board }) => men.flatMap(({ colour, type }) => board.map((man, square) => man?.colour === colour && man.type === type && counts(board, square))),
  };
}

/** Men of `colour` and `type` that attack two men or more of greater value, the king among them. */
function forks(board: Board, colour: Color, type: PieceSymbol): boolean {
  return board.some((man, from) => man?.colour === colour && man.type === type && attacks(board, from).filter((to) => {
    const target = board[to];
    return target !== null && target !== undefined && target.colour !== colour && value[target.type] > value[type];
  }).length >= 2);
}

const count = (board: Board, colour: Color, type: PieceSymbol): number => board.filter((man) => man?.colour === colour && man.type === type).length;
const material = (board: Board, colour: Color): number => board.reduce((sum, man) => sum + (man?.colour === colour && man.type !== 'k' ? value[man.type] : 0), 0);

function connectedRooks(board: Board, colour: Color): boolean {
  return board.some((man, from) => man?.colour === colour && man.type === 'r' && attacks(board, from).some((to) => board[to]?.colour === colour && board[to]?.type === 'r'));
}

function canCastle({ chess, mine }: Position, side: 'k' | 'q'): boolean {
  return chess.getCastlingRights(mine)[side];
}

function enPassantSquare(chess: Chess): number | null {
  const name = chess.fen().split(' ')[3]!;
  return name === '-' ? null : squareNames.indexOf(name);
}

const materials = [-9, -3, -1, 0, 1, 3, 9] as const;
const pieceCounts = [8, 16, 24] as const;

const groups: readonly Group[] = [
  piecesOnSquares('piece', () => true),
  piecesOnSquares('moved piece', (board, square) => !atHome(board, square)),
  ...([['white', 'w'], ['black', 'b'], ['nobody', null]] as const).map(([title, colour]) => squares(`${title} on`, ({ board }) => board.map((man) => (man?.colour ?? null) === colour))),
  squares('under threat', ({ board, mine }) => attackedBy(board, other(mine))),
  squares('legal move to', ({ moves }) => { const to = new Set(moves.map((move) => move.to)); return squareNames.map((name) => to.has(name)); }),
  squares('pseudo-legal move to', ({ board, mine, chess }) => pseudoLegal(board, mine, enPassantSquare(chess))),
  single('in check', ({ chess }) => chess.inCheck()),
  single('has a pinned man', ({ board, mine }) => pinned(board, mine).length > 0),
  single('their man is pinned', ({ board, mine }) => pinned(board, other(mine)).length > 0),
  ...types.map((type) => single(`forks with ${type.toUpperCase()}`, ({ board, mine }) => forks(board, mine, type))),
  ...types.map((type) => single(`is forked by ${type.toUpperCase()}`, ({ board, mine }) => forks(board, other(mine), type))),
  single('forks', ({ board, mine }) => types.some((type) => forks(board, mine, type))),
  single('is forked', ({ board, mine }) => types.some((type) => forks(board, other(mine), type))),
  single('may castle', (position) => canCastle(position, 'k') || canCastle(position, 'q')),
  single('may castle kingside', (position) => canCastle(position, 'k')),
  single('may castle queenside', (position) => canCastle(position, 'q')),
  single('legal en passant', ({ chess, moves }) => { const square = enPassantSquare(chess); return square !== null && moves.some(({ to, san, captured }) => to === squareNames[square] && captured === 'p' && /^[a-h]x/.test(san)); }),
  single('can claim a draw', ({ chess }) => chess.isThreefoldRepetition() || chess.isDrawByFiftyMoves()),
  single('stalemate', ({ chess }) => chess.isStalemate()),
  single('can give check', ({ moves }) => moves.some(({ san }) => /[+#]$/.test(san))),
  single('can give mate', ({ moves }) => moves.some(({ san }) => san.endsWith('#'))),
  single('can take the queen', ({ moves }) => moves.some(({ captured }) => captured === 'q')),
  ...(['mine', 'theirs'] as const).flatMap((whose) => {
    const of = (mine: Color): Color => (whose === 'mine' ? mine : other(mine));
    return [
      single(`queen: ${whose}`, ({ board, mine }) => count(board, of(mine), 'q') > 0),
      single(`bishop pair: ${whose}`, ({ board, mine }) => count(board, of(mine), 'b') >= 2),
      single(`connected rooks: ${whose}`, ({ board, mine }) => connectedRooks(board, of(mine))),
    ];
  }),
  single('a move is ambiguous without its square', ({ moves }) => moves.some(({ san }) => /^[NBRQ](?:[a-h]|[1-8]|[a-h][1-8])x?[a-h][1-8]/.test(san))),
  ...materials.map((least) => single(`material ahead by ${least} or more`, ({ board, mine }) => material(board, mine) - material(board, other(mine)) >= least)),
  ...pieceCounts.map((most) => single(`at most ${most} men on the board`, ({ board }) => board.filter((man) => man !== null).length <= most)),
];

/** Names of the properties, in the order of `propertiesOf`. */
export const propertyNames: readonly string[] = groups.flatMap(({ names }) => names);

/** Square-class properties, which together say the board: reconstruction predicts these. [first, count). */
export const boardProperties: readonly [number, number] = [0, groups[0]!.names.length];

/** Which properties hold in a position, uint8 [properties]. */
export function propertiesOf(chess: Chess): Uint8Array {
  const position: Position = { chess, board: boardOf(chess), mine: chess.turn(), moves: chess.moves({ verbose: true }).map(({ to, san, captured }) => ({ to, san, ...(captured === undefined ? {} : { captured }) })) };
  const out = new Uint8Array(propertyNames.length);
  let place = 0;
  for (const { of } of groups) for (const holds of Array.from(of(position))) out[place++] = Number(holds);
  return out;
}
