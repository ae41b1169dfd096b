/** Chess games to train on: the file that `loupe data chess` writes, each game a document, its characters the tokens. */
import { closeSync, createReadStream, existsSync, openSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { LoupeError } from '../../../shared/errors.ts';
import { cacheRoot } from '../../backend/installed.ts';
import { chessCharacters, chessTokenizerJson, decodeChess, encodeChess } from '../../chess/vocabulary.ts';
import type { Corpus } from '../../corpora/definition.ts';
import { endOfText } from './byte-tokenizer.ts';
import type { TextCoder } from './text-source.ts';

/** Where `loupe data chess` puts its games unless it is told otherwise, and where `--data chess` looks. */
export function usualGames(): string {
  return join(cacheRoot(), 'data', 'chess-games.txt');
}

const end = chessCharacters.length;

/** The 32 characters and a token between games. */
export function chessCoder(): TextCoder {
  const json = chessTokenizerJson();
  const model = json['model'] as { vocab: Record<string, number> };
  return {
    vocab: end + 1, end, endText: endOfText, encode: encodeChess,
    decode: (ids) => Array.from(ids, (id) => (id === end ? '\n' : decodeChess([id]))).join(''),
    json: {
      ...json, model: { ...model, vocab: { ...model.vocab, [endOfText]: end } },
      added_tokens: [{ id: end, content: endOfText, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
    },
  };
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

/** The games of a file, in its order. Kind missing-component when `path` is the usual place and nothing is there. */
export function openGames(path: string): Corpus {
  if (!existsSync(path)) {
    throw new LoupeError('missing-component', `data: there are no chess games at ${path} yet. Make them with "loupe data chess" (8,000 games of Stockfish; with --engine random games of any legal moves, in minutes), or give a file of games.`);
  }
  return {
    name: basename(path), sources: [basename(path)], listing: false,
    documents: async function* () {
      let line = 0;
      for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
        line++;
        if (text.trim() !== '') yield { id: `${basename(path)}:${line}`, text: text.trim() };
      }
    },
  };
}
