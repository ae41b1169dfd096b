/**
 * A file of self-play games, one transcript a line, with its recipe beside it. Game i depends on (seed, i) alone: any number of engines at work
 * makes the same file, and what was interrupted goes on where it was.
 */
import { createHash } from 'node:crypto';
import { Chess } from 'chess.js';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import { Random } from '../random.ts';
import { openingOf } from './openings.ts';
import { playGame, type SelfPlaySettings } from './self-play.ts';
import { splitTranscript } from './transcript.ts';
import { UciEngine, type UciProgram } from './uci.ts';

export interface GenerateOptions {
  readonly path: string;
  readonly games: number;
  readonly seed: number;
  readonly settings: SelfPlaySettings;
  /** Null: every move is any legal one. */
  readonly engine: UciProgram | null;
  /** Engines at work at the same time. */
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

export interface GamesReport {
  readonly engine: string;
  readonly games: number;
  /** Games that were played for them: some are too short, some begin as another does. */
  readonly played: number;
  readonly short: number;
  readonly duplicates: number;
  readonly characters: number;
  readonly gamesPerSecond: number;
  /** Different positions after 20 plies / games: at least 0.8 for a corpus of some variety (data.md L.8). */
  readonly differentAtPly20: number;
  readonly sha256: string;
}

const fewestPlies = 20;
const samePlies = 30;
/** Moves that the engine ranks. */
const rankedMoves = 4;
const flushEvery = 50;

/** Pieces, side to move, castling and en passant after 20 plies (or the last). */
function positionAt20(transcript: string): string {
  const chess = new Chess();
  for (const move of splitTranscript(transcript).slice(0, 20)) chess.move(move);
  return chess.fen().split(' ').slice(0, 4).join(' ');
}

/** Games in the order of their numbers, whichever is ready first. */
class InOrder {
  readonly #ready = new Map<number, string>();
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  /** Takes game `number` and gives those that are due now. */
  *take(number: number, transcript: string): Generator<string> {
    this.#ready.set(number, transcript);
    for (let due = this.#ready.get(this.#next); due !== undefined; due = this.#ready.get(this.#next)) {
      this.#ready.delete(this.#next++);
      yield due;
    }
  }
}

/** Keeps games that are long enough and begin as none before. */
class Kept {
  readonly games: string[] = [];
  played = 0;
  short = 0;
  duplicates = 0;
  readonly #openings = new Set<string>();

  add(transcript: string): void {
    this.played++;
    if (splitTranscript(transcript).length < fewestPlies) this.short++;
    else {
      const opening = openingOf(transcript, samePlies);
      if (this.#openings.has(opening)) this.duplicates++;
      else {
        this.#openings.add(opening);
        this.games.push(transcript);
      }
    }
  }
}

/** What an interrupted run with the same recipe has played. */
function resumed(partial: string, recipe: string): string[] {
  if (!existsSync(partial)) return [];
  const [head, ...lines] = readFileSync(partial, 'utf8').split('\n');
  // The last line may have been cut by whatever interrupted us.
  if (head === recipe) return lines.slice(0, -1);
  rmSync(partial);
  return [];
}

async function ranking(options: GenerateOptions): Promise<UciEngine | null> {
  return options.engine === null ? null : UciEngine.start(options.engine, rankedMoves);
}

/** Plays games until enough are kept. Kinds: cancelled (goes on later), missing-component, bad-request. */
export async function generateGames(options: GenerateOptions): Promise<GamesReport> {
  const { path, games, seed, settings, signal } = options;
  if (!Number.isInteger(games) || games < 1) throw new LoupeError('bad-request', `games: ${games} is no number of games; give 1 or more.`);
  mkdirSync(dirname(path), { recursive: true });
  const start = performance.now();
  const engines = await Promise.all(Array.from({ length: options.engine === null ? 1 : Math.max(1, options.workers) }, () => ranking(options)));
  const name = engines[0]?.name ?? 'any legal move';
  const recipe = JSON.stringify({ seed, settings, engine: name });
  const partial = `${path}.partial`;
  const kept = new Kept();
  const before = resumed(partial, recipe);
  for (const game of before) kept.add(game);
  if (!existsSync(partial)) writeFileAtomic(partial, `${recipe}\n`);
  let next = kept.played;
  let waiting: string[] = [];
  const order = new InOrder(next);
  const flush = (): void => {
    appendFileSync(partial, waiting.map((game) => `${game}\n`).join(''));
    waiting = [];
  };
  const work = async (engine: UciEngine | null): Promise<void> => {
    while (kept.games.length < games) {
      if (signal.aborted) throw new LoupeError('cancelled', `stopped after ${kept.games.length} of ${games} games; the same command goes on from there.`);
      const number = next++;
      await engine?.newGame();
      const transcript = await playGame(Random.from(seed, `chess game ${number}`), settings, engine === null ? null : (moves, nodes) => engine.rank(moves, nodes));
      if (engine === null && number % 8 === 0) await new Promise(setImmediate);
      for (const game of order.take(number, transcript)) {
        if (kept.games.length >= games) break;
        kept.add(game);
        waiting.push(game);
      }
      if (waiting.length >= flushEvery) flush();
      options.progress(Math.min(games, kept.games.length), games);
    }
  };
  try {
    await Promise.all(engines.map(work));
  } finally {
    for (const engine of engines) engine?.stop();
    flush();
  }
  return finish(options, kept, before.length, name, recipe, start);
}

function finish({ path }: GenerateOptions, kept: Kept, before: number, engine: string, recipe: string, start: number): GamesReport {
  const text = kept.games.map((game) => `${game}\n`).join('');
  const seconds = (performance.now() - start) / 1000;
  const report: GamesReport = {
    engine, games: kept.games.length, played: kept.played, short: kept.short, duplicates: kept.duplicates, characters: text.length,
    gamesPerSecond: (kept.played - before) / seconds, differentAtPly20: new Set(kept.games.map(positionAt20)).size / kept.games.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  };
  writeFileAtomic(path, text);
  writeFileAtomic(`${path}.json`, `${JSON.stringify({ format: 'loupe chess games', version: 1, file: basename(path), recipe: JSON.parse(recipe) as object, ...report }, null, 1)}\n`);
  rmSync(`${path}.partial`, { force: true });
  return report;
}
