import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { chessCharacters, decodeChess } from '../../../../../src/engine/chess/vocabulary.ts';
import type { LanguageModel } from '../../../../../src/engine/lm/definition.ts';
import { areLegal, greedyMoves, legalMoves } from '../../../../../src/engine/lm/chess/legal-moves.ts';
import { placesOf } from '../../../../../src/engine/lm/chess/read-outs.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { randomGames } from '../../../../support/random-games.ts';

const games = randomGames(7, 14, 3);
const places = placesOf(games, 60, 'both');

/** A model whose likeliest next character behind a text is what `next` says. */
function model(next: (text: string) => string): LanguageModel {
  return {
    config: { contextLength: 200 },
    run: (tokens: Int32Array, batch: number, length: number) => {
      const logits = new Float32Array(batch * length * 33);
      for (let row = 0; row < batch; row++) {
        const text = decodeChess(tokens.subarray(row * length, (row + 1) * length));
        for (let at = 0; at < length; at++) logits[(row * length + at) * 33 + Math.max(0, chessCharacters.indexOf(next(text.slice(0, at + 1))))] = 1;
      }
      return { logits: tf.tensor(logits, [batch, length, 33]), cache: new Map() };
    },
  } as unknown as LanguageModel;
}

test('a model that knows the games writes their moves, each legal; one that writes the same always is not', async (t) => {
  const known = model((text) => games.find((game) => game.startsWith(text))?.[text.length] ?? ' ');
  await eachBackend(t, async () => {
    const moves = await greedyMoves(known, games, places, () => undefined);
    // Of games that begin alike the first is written.
    assert.ok(places.every(({ game, character }, at) => moves[at] !== '' && games.some((other) => other.startsWith(games[game]!.slice(0, character + 1) + moves[at]!))));
    assert.ok(areLegal(games, places, moves).every(Boolean));
    const endless = await greedyMoves(model(() => 'e'), games, places, () => undefined);
    assert.ok(endless.every((move) => move === 'eeeeeeee'), 'it ends one character behind the longest move');
    assert.ok(!areLegal(games, places, endless).some(Boolean));
  });
});

test('legal is what may be played there, written as it should be', () => {
  assert.ok(legalMoves(games[0]!, 0).includes('Nf3') && legalMoves(games[0]!, 0).length === 20);
  const [place] = placesOf([';1.e4 e5'], 20, 'spaces');
  assert.deepEqual(areLegal([';1.e4 e5'], [place!, place!, place!, place!], ['e5', 'e4', 'e7e5', 'Nf6']), [true, false, false, true]);
});
