/** How often a model's own continuation of a game is a legal move (data.md L.7). */
import * as tf from '@tensorflow/tfjs-core';
import { Chess } from 'chess.js';
import { splitTranscript } from '../../chess/transcript.ts';
import { chessCharacters } from '../../chess/vocabulary.ts';
import { breathe } from '../../job.ts';
import { scoped } from '../../ops/scope.ts';
import type { LanguageModel } from '../definition.ts';
import { gameRows } from './codes.ts';
import type { Place } from './read-outs.ts';

/** "Qa1xb2#" and "exd8=Q+" are the longest moves. */
const longestMove = 7;
const batch = 16;

/** The moves that may be played behind `ply` plies of a game, as they are written. */
export function legalMoves(game: string, ply: number): string[] {
  const chess = new Chess();
  for (const move of splitTranscript(game).slice(0, ply)) chess.move(move);
  return chess.moves();
}

/**
 * What the model writes greedily behind each place, up to the space, the end of the game, or one character more than a move has. Several texts go through the
 * model side by side, filled up behind their ends, which causal attention does not see.
 */
export async function greedyMoves(model: LanguageModel, games: readonly string[], places: readonly Place[], watch: () => void): Promise<string[]> {
  const texts = places.map(({ game, character }) => games[game]!.slice(0, character + 1));
  const order = [...texts.keys()].sort((a, b) => texts[a]!.length - texts[b]!.length);
  const written: string[] = texts.map(() => '');
  for (let first = 0; first < order.length; first += batch) {
    let open = order.slice(first, first + batch);
    for (let step = 0; step <= longestMove && open.length > 0; step++) {
      await breathe();
      watch();
      const next = nextCharacters(model, open.map((at) => texts[at]! + written[at]!));
      open = open.filter((at, i) => {
        const character = next[i]!;
        if (character === ' ' || character === null) return false;
        written[at] += character;
        return texts[at]!.length + written[at]!.length < model.config.contextLength;
      });
    }
  }
  return written;
}

/** The likeliest next character of each text; null where that is none of a game's. */
function nextCharacters(model: LanguageModel, texts: readonly string[]): (string | null)[] {
  const length = Math.max(...texts.map((text) => text.length));
  const { logits } = model.run(gameRows(texts, length), texts.length, length);
  const best = scoped(() => {
    const flat = tf.reshape(logits!, [texts.length * length, -1]);
    const rows = tf.tensor1d(texts.map((text, i) => i * length + text.length - 1), 'int32');
    return tf.argMax(tf.gather(flat, rows), 1).dataSync();
  });
  logits!.dispose();
  return Array.from(best, (id) => chessCharacters[id] ?? null);
}

/** Whether each continuation is a legal move there, written as it should be. */
export function areLegal(games: readonly string[], places: readonly Place[], moves: readonly string[]): boolean[] {
  return places.map(({ game, ply }, at) => legalMoves(games[game]!, ply).includes(moves[at]!));
}
