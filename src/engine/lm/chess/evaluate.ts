/**
 * What a model of chess knows of the board: legal moves, coverage and reconstruction of board states by single units (Karvonen et al. 2024, arXiv 2408.00113;
 * MoE-X, Yang et al. 2025, arXiv 2503.07639, section 5.1), over games of openings that no training saw.
 */
import { LoupeError } from '../../../shared/errors.ts';
import { isHeldOut } from '../../chess/openings.ts';
import { boardProperties } from '../../chess/properties.ts';
import { CoverageSearch, type PropertyTable, type UnitCodes } from '../../eval/property-coverage.ts';
import { labelUnit, ReconstructionTest } from '../../eval/property-reconstruction.ts';
import { breathe } from '../../job.ts';
import { Random } from '../../random.ts';
import type { LanguageModel } from '../definition.ts';
import { codesAt, refuseOtherTokens } from './codes.ts';
import { areLegal, greedyMoves } from './legal-moves.ts';
import { placesOf, propertyTable, tablePart, tellingProperties, type Place, type ReadOuts } from './read-outs.ts';

export interface ChessOptions {
  readonly where?: ReadOuts;
  /** Games that a move is asked of, at most. */
  readonly moves?: number;
  readonly seed?: number;
  /** Where tables of board properties are kept; the shared cache when left out. */
  readonly cache?: string;
}

/** Of one layer's units, or of all layers'. */
export interface BoardFigures {
  /** Mean over properties of the best F1 of a unit and a threshold. */
  readonly coverage: number;
  /** The same with one threshold for all. */
  readonly coverageFixed: number;
  readonly fixedThreshold: number;
  /** F1 over square and man of the board that units of precision 0.95 put together. */
  readonly reconstruction: number;
  /** Units that fired ten times. */
  readonly units: number;
}

export interface ChessFigures {
  readonly games: number;
  readonly positions: number;
  /** Board properties that coverage is taken over. */
  readonly properties: number;
  readonly legal: { readonly rate: number; readonly asked: number };
  readonly all: BoardFigures;
  readonly layers: readonly BoardFigures[];
}

export interface ChessWatch {
  readonly signal: AbortSignal;
  readonly progress: (phase: string, step: number, total: number) => void;
}

/** Both halves of the positions, games of one opening on one side, as `ReconstructionTest` wants them. */
interface Split {
  readonly table: PropertyTable;
  /** The number of a position within the half, -1 where it is in the other. */
  readonly numbers: Int32Array;
}

function halfOf(table: PropertyTable, games: readonly string[], places: readonly Place[], labelled: boolean): Split {
  const own = [...places.keys()].filter((at) => isHeldOut(games[places[at]!.game]!, 0.5, 'labels') === labelled);
  const numbers = new Int32Array(places.length).fill(-1);
  own.forEach((at, number) => { numbers[at] = number; });
  const [first, end] = boardProperties;
  return { table: tablePart(table, own, Array.from({ length: end - first }, (_, i) => first + i)), numbers };
}

function within({ positions, values }: UnitCodes, { numbers }: Split): UnitCodes {
  const kept = [...positions.keys()].filter((at) => numbers[positions[at]!]! >= 0);
  return { positions: Int32Array.from(kept, (at) => numbers[positions[at]!]!), values: Float32Array.from(kept, (at) => values[at]!) };
}

interface Search {
  readonly coverage: CoverageSearch;
  readonly test: ReconstructionTest;
}

function figuresOf({ coverage, test }: Search): BoardFigures {
  const { coverage: best, fixed, counted } = coverage.result();
  return { coverage: best, coverageFixed: fixed.coverage, fixedThreshold: fixed.threshold, reconstruction: test.result().f1, units: counted };
}

/** Kinds: unsupported (other tokens), bad-request (no games, or none of an opening on one side), bad-file (a game that is none), cancelled. */
export async function evaluateChess(model: LanguageModel, games: readonly string[], options: ChessOptions, { signal, progress }: ChessWatch): Promise<ChessFigures> {
  const { where = 'dots', moves = 300, seed = 0, cache } = options;
  refuseOtherTokens(model);
  const stopped = (): void => {
    if (signal.aborted) throw new LoupeError('cancelled', 'the evaluation was stopped');
  };
  const length = Math.min(model.config.contextLength, Math.max(2, ...games.map((game) => game.length)));
  const places = placesOf(games, length, where);
  progress('board properties', 0, games.length);
  const whole = await propertyTable(games, places, stopped, cache);
  const telling = tellingProperties(whole);
  const [labels, test] = [halfOf(whole, games, places, true), halfOf(whole, games, places, false)];
  if (telling.length === 0 || labels.table.starts.length === 1 || test.table.starts.length === 1) {
    throw new LoupeError('bad-request', `games: ${games.length} games with ${places.length} positions are too few: no board property is there 50 times, or all games have one opening. Give some hundred games.`);
  }
  const codes = await codesAt(model, games, places, length, (done) => { stopped(); progress('units', done, games.length); });
  const searches = await search(codes, tablePart(whole, [...places.keys()], telling), labels, test, (layer) => { stopped(); progress('board states', layer, codes.length); });
  const legal = await legalRate(model, games, moves, seed, stopped);
  const layers = searches.map(figuresOf);
  const all = searches[0]!;
  for (const other of searches.slice(1)) {
    all.coverage.merge(other.coverage);
    all.test.merge(other.test);
  }
  return { games: games.length, positions: places.length, properties: telling.length, legal, all: figuresOf(all), layers };
}

async function search(codes: readonly (readonly UnitCodes[])[], table: PropertyTable, labels: Split, test: Split, watch: (layer: number) => void): Promise<Search[]> {
  const made: Search[] = [];
  for (const [layer, units] of codes.entries()) {
    const own: Search = { coverage: new CoverageSearch(table), test: new ReconstructionTest(test.table) };
    for (const [unit, code] of units.entries()) {
      if (unit % 64 === 0) {
        await breathe();
        watch(layer);
      }
      own.coverage.add(layer * units.length + unit, code);
      const train = within(code, labels);
      const largest = train.values.reduce((most, value) => Math.max(most, value), 0);
      if (largest > 0) own.test.add(within(code, test), labelUnit(train, labels.table), largest);
    }
    made.push(own);
  }
  return made;
}

async function legalRate(model: LanguageModel, games: readonly string[], most: number, seed: number, stopped: () => void): Promise<ChessFigures['legal']> {
  const random = Random.from(seed, 'places of legal moves');
  // Room for a move behind the place.
  const byGame = Map.groupBy(placesOf(games, model.config.contextLength - 8, 'both'), ({ game }) => game);
  const asked = [...byGame.values()].slice(0, most).map((own) => own[random.integer(own.length)]!);
  const moves = await greedyMoves(model, games, asked, stopped);
  return { rate: areLegal(games, asked, moves).filter(Boolean).length / Math.max(1, asked.length), asked: asked.length };
}

/** As the command line prints it. */
export function chessJson({ games, positions, properties, legal, all, layers }: ChessFigures): Record<string, unknown> {
  const figures = (own: BoardFigures): Record<string, number> => ({ coverage: own.coverage, coverage_fixed: own.coverageFixed, coverage_threshold: own.fixedThreshold, reconstruction_f1: own.reconstruction, units: own.units });
  return { games, positions, properties, legal_move_rate: legal.rate, legal_moves_asked: legal.asked, ...figures(all), layers: layers.map(figures) };
}
