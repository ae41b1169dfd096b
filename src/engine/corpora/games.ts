/** The file of chess games that `loupe data chess` writes, as a corpus: each game a document. */
import { closeSync, createReadStream, existsSync, openSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { LoupeError } from '../../shared/errors.ts';
import { cacheRoot } from '../backend/installed.ts';
import { isHeldOut } from '../chess/openings.ts';
import type { Corpus, CorpusDocument } from './definition.ts';

/** Where `loupe data chess` puts its games unless it is told otherwise, and where `--data chess` looks. */
export function usualGames(): string {
  return join(cacheRoot(), 'data', 'chess-games.txt');
}

/** Whether a file begins as a file of transcripts does. */
export function holdsGames(path: string): boolean {
  if (!existsSync(path)) return false;
  const head = Buffer.alloc(3);
  const fd = openSync(path, 'r');
  try {
    return readSync(fd, head, 0, 3, 0) === 3 && head.toString('latin1') === ';1.';
  } catch {
    return false; // a folder
  } finally {
    closeSync(fd);
  }
}

/** The games of a file, in its order, those of some openings held out; a game cannot be understood from its middle. Kind missing-component when nothing is there. */
export function openGames(path: string): Corpus {
  if (!existsSync(path)) {
    throw new LoupeError('missing-component', `data: there are no chess games at ${path} yet. Make them with "loupe data chess" (8,000 games of Stockfish; with --engine random games of any legal moves, in minutes), or give a file of games.`);
  }
  async function* games(heldOut: boolean): AsyncGenerator<CorpusDocument> {
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
      line++;
      const game = text.trim();
      if (game !== '' && isHeldOut(game) === heldOut) yield { id: `${basename(path)}:${line}`, text: game };
    }
  }
  return { name: basename(path), sources: [basename(path)], listing: false, fromTheStart: true, documents: () => games(false), heldOut: () => games(true) };
}
