/**
 * One game of self-play after the recipe of data.md L.7, from a seeded generator: random plies to open with, then moves drawn from the engine's
 * best with a probability that falls with what they give away, and now and then a random one.
 *
 * Departure: Stockfish's own skill levels draw from a clock, so that a game could not be made again. Here a side's strength is how many
 * positions it looks at and how strictly it keeps to the best move.
 */
import { Chess, type Move } from 'chess.js';
import type { Random } from '../random.ts';
import { writeTranscript } from './transcript.ts';
import type { RankedMove } from './uci.ts';

export interface SelfPlaySettings {
  /** Plies played at random at the beginning: from, to. */
  readonly opening: readonly [number, number];
  /** Positions that a side looks at for a move: from, to; drawn for each side of each game. */
  readonly nodes: readonly [number, number];
  /** Scale of the draw among the best moves, in hundredths of a pawn: from, to; drawn for each side of each game. */
  readonly temperature: readonly [number, number];
  /** Moves that give away more than this, in hundredths of a pawn, are not drawn. */
  readonly window: number;
  /** Share of moves that are any legal one. */
  readonly randomShare: number;
  /** A game ends before its transcript is longer than this. */
  readonly characters: number;
}

export const selfPlayDefaults: SelfPlaySettings = { opening: [4, 10], nodes: [1000, 5000], temperature: [25, 75], window: 150, randomShare: 0.1, characters: 1000 };

/** Ranks moves in the position after `moves`. */
export type Ranking = (moves: readonly string[], nodes: number) => Promise<readonly RankedMove[]>;

const between = (random: Random, [low, high]: readonly [number, number]): number => low + random.integer(high - low + 1);

/** A place in `weights`, drawn in their proportion. */
function draw(random: Random, weights: readonly number[]): number {
  let left = random.uniform() * weights.reduce((a, b) => a + b, 0);
  for (const [place, weight] of weights.entries()) if ((left -= weight) < 0) return place;
  return weights.length - 1;
}

function chosen(random: Random, ranked: readonly RankedMove[], temperature: number, window: number): string | null {
  const [best] = ranked;
  if (best === undefined) return null;
  const near = ranked.filter(({ centipawns }) => centipawns >= best.centipawns - window);
  return near[draw(random, near.map(({ centipawns }) => Math.exp((centipawns - best.centipawns) / temperature)))]!.uci;
}

function play(chess: Chess, uci: string): Move {
  return chess.move({ from: uci.slice(0, 2), to: uci.slice(2, 4), ...(uci.length > 4 ? { promotion: uci[4]! } : {}) });
}

function playAny(chess: Chess, random: Random): Move {
  const moves = chess.moves();
  return chess.move(moves[random.integer(moves.length)]!);
}

/** Plays a game; its transcript. Without `rank` every move is any legal one. */
export async function playGame(random: Random, settings: SelfPlaySettings, rank: Ranking | null): Promise<string> {
  const chess = new Chess();
  const opening = between(random, settings.opening);
  const sides = [0, 1].map(() => ({ nodes: between(random, settings.nodes), temperature: between(random, settings.temperature) }));
  const [uci, moves]: [string[], string[]] = [[], []];
  for (let ply = 0, length = 1; !chess.isGameOver(); ply++) {
    const { nodes, temperature } = sides[ply % 2]!;
    const free = rank === null || ply < opening || random.uniform() < settings.randomShare;
    const move = free ? null : chosen(random, await rank(uci, nodes), temperature, settings.window);
    const played = move === null ? playAny(chess, random) : play(chess, move);
    length += played.san.length + (ply % 2 === 0 ? String(ply / 2 + 1).length + 1 : 0) + (ply === 0 ? 0 : 1);
    if (length > settings.characters) break;
    uci.push(played.lan);
    moves.push(played.san);
  }
  return writeTranscript(moves);
}
