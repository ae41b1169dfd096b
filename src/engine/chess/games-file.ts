/** Games from a file of the user: transcripts, one a line, or PGN. What is no legal game is skipped, named by its line and counted. */
import { Chess } from 'chess.js';
import { replay, writeTranscript } from './transcript.ts';

export interface SkippedGame {
  /** From 1: where the game begins. */
  readonly line: number;
  readonly reason: string;
}

export interface GamesOfFile {
  readonly transcripts: readonly string[];
  readonly skipped: readonly SkippedGame[];
}

interface Piece {
  readonly line: number;
  readonly text: string;
}

/** The games of a PGN file: each begins with its first tag. Games without tags are told apart by the result that ends them. */
function splitPgn(lines: readonly string[]): Piece[] {
  const games: { line: number; text: string[]; moves: boolean }[] = [];
  for (const [at, line] of lines.entries()) {
    const tag = /^\s*\[\s*\w+\s+"/.test(line);
    const last = games.at(-1);
    const ended = last !== undefined && last.moves && (tag || /(?:1-0|0-1|1\/2-1\/2|\*)\s*$/.test(last.text.at(-1)!));
    if (line.trim() === '') {
      last?.text.push(line);
      continue;
    }
    if (last === undefined || ended) games.push({ line: at + 1, text: [line], moves: !tag });
    else {
      last.text.push(line);
      last.moves ||= !tag;
    }
  }
  return games.map(({ line, text }) => ({ line, text: text.join('\n').trimEnd() }));
}

function fromPgn(text: string): string {
  const chess = new Chess();
  chess.loadPgn(text);
  if (chess.getHeaders()['SetUp'] === '1') throw new Error('it does not begin from the usual position');
  const moves = chess.history();
  if (moves.length === 0) throw new Error('it has no moves');
  return writeTranscript(moves);
}

/** Reads transcripts or PGN, whichever the text is. */
export function readGames(text: string): GamesOfFile {
  const lines = text.split(/\r?\n/);
  const own = lines.find((line) => line.trim() !== '')?.startsWith(';') === true;
  const pieces = own ? lines.map((line, at): Piece => ({ line: at + 1, text: line.trim() })).filter((piece) => piece.text !== '') : splitPgn(lines);
  const transcripts: string[] = [];
  const skipped: SkippedGame[] = [];
  for (const { line, text: game } of pieces) {
    try {
      if (own) replay(game);
      transcripts.push(own ? game : fromPgn(game));
    } catch (error) {
      skipped.push({ line, reason: (error as Error).message.split('\n')[0]! });
    }
  }
  return { transcripts, skipped };
}
