import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { encodeChess } from '../../../../../src/engine/chess/vocabulary.ts';
import type { LanguageModel, RunOptions } from '../../../../../src/engine/lm/definition.ts';
import { CodeList, codesAt, gameRows, readsGames } from '../../../../../src/engine/lm/chess/codes.ts';
import { placesOf } from '../../../../../src/engine/lm/chess/read-outs.ts';
import { chessCoder } from '../../../../../src/engine/lm/training/chess-source.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { randomGames } from '../../../../support/random-games.ts';

test('codes are sorted by unit, places rising; zeros and what is below are none', () => {
  const list = new CodeList();
  list.add(Float32Array.of(0, 2, -1, 3, 0, 5), 3, 10);
  list.add(Float32Array.of(7, 0, 0), 3, 12);
  assert.deepEqual(list.byUnit(3), [
    { positions: Int32Array.of(11, 12), values: Float32Array.of(3, 7) }, { positions: Int32Array.of(10), values: Float32Array.of(2) }, { positions: Int32Array.of(11), values: Float32Array.of(5) },
  ]);
  const many = new CodeList();
  many.add(Float32Array.from({ length: 20_000 }, (_, i) => i + 1), 2, 0);
  assert.deepEqual(many.byUnit(2).map(({ values }) => [values.length, values.at(-1)]), [[10_000, 19_999], [10_000, 20_000]]);
});

test('games are cut or filled up behind their end', () => {
  assert.deepEqual(gameRows([';1.e4', ';1.'], 4), Int32Array.from([...encodeChess(';1.e'), ...encodeChess(';1.'), 0]));
});

test('the values at each place are those of its character, whatever the batches', async (t) => {
  const games = randomGames(5, 8);
  const places = placesOf(games, 30, 'both');
  /** A unit holds the token's id, another a place's number in its row if that is even, else -1. */
  const model = {
    config: { layers: 2, contextLength: 40 }, hookWidth: () => 2,
    run: (tokens: Int32Array, batch: number, length: number, { names }: RunOptions) => ({
      logits: null,
      cache: new Map(names!.map((name, layer) => [name, tf.tensor(Float32Array.from({ length: 2 * tokens.length }, (_, i) => {
        const at = i >> 1;
        return i % 2 === 0 ? tokens[at]! + layer : at % length % 2 === 0 ? at % length : -1;
      }), [batch, length, 2])])),
    }),
  } as unknown as LanguageModel;
  await eachBackend(t, async () => {
    const before = tf.memory().numTensors;
    const [first, second] = await codesAt(model, games, places, 30, () => undefined);
    assert.equal(tf.memory().numTensors, before);
    const ids = places.map(({ game, character }) => encodeChess(games[game]!)[character]!);
    const above = [...ids.keys()].filter((at) => ids[at]! > 0);
    assert.deepEqual([...first![0]!.positions], above);
    assert.deepEqual([...first![0]!.values], above.map((at) => ids[at]));
    assert.deepEqual([...second![0]!.values], ids.map((id) => id + 1));
    const even = [...places.keys()].filter((at) => places[at]!.character % 2 === 0 && places[at]!.character > 0);
    assert.deepEqual([[...first![1]!.positions], [...first![1]!.values]], [even, even.map((at) => places[at]!.character)]);
  });
});

test('a tokenizer reads games if it gives the characters their ids', () => {
  const { encode } = chessCoder();
  const reads = (own: (text: string) => Int32Array): boolean => readsGames({ encode: own } as unknown as Parameters<typeof readsGames>[0]);
  assert.ok(reads(encode));
  assert.ok(!reads((text) => Int32Array.from(Buffer.from(text))));
});
