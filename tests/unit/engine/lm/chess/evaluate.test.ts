import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { propertyNames } from '../../../../../src/engine/chess/properties.ts';
import type { LanguageModel, RunOptions } from '../../../../../src/engine/lm/definition.ts';
import { chessJson, evaluateChess } from '../../../../../src/engine/lm/chess/evaluate.ts';
import { placesOf, propertyTable, tellingProperties } from '../../../../../src/engine/lm/chess/read-outs.ts';
import { chessCoder } from '../../../../../src/engine/lm/training/chess-source.ts';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { randomGames } from '../../../../support/random-games.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const games = randomGames(40, 16, 5);
const length = Math.max(...games.map((game) => game.length));
const places = placesOf(games, length, 'dots');
const watch = { signal: new AbortController().signal, progress: () => undefined };

/** Its units at the dots are what `unit` says for a place; it writes nothing legal. */
function model(units: number, unit: (place: number, unit: number) => number): LanguageModel {
  const numbers = new Map(places.map(({ game, character }, at) => [`${game} ${character}`, at]));
  const rows = new Map(games.map((game, at) => [game.slice(0, 24), at]));
  const { encode, decode } = chessCoder();
  return {
    config: { layers: 2, contextLength: length, name: 'planted' }, tokenizer: { encode }, hookWidth: () => units,
    run: (tokens: Int32Array, batch: number, width: number, { names = [] }: RunOptions = {}) => {
      const held = new Float32Array(tokens.length * units);
      for (let row = 0; row < batch && names.length > 0; row++) {
        const game = rows.get(decode(tokens.subarray(row * width, row * width + 24)))!;
        for (let at = 0; at < width; at++) {
          const place = numbers.get(`${game} ${at}`);
          if (place !== undefined) for (let u = 0; u < units; u++) held[(row * width + at) * units + u] = unit(place, u);
        }
      }
      return { logits: tf.zeros([batch, width, 33]), cache: new Map(names.map((name, layer) => [name, tf.tensor(layer === 0 ? held : new Float32Array(held.length), [batch, width, units])])) };
    },
  } as unknown as LanguageModel;
}

test('planted units that are properties of the board are found, and give the whole board back (A-T5)', async (t) => {
  await loadBackend();
  const cache = temporaryFolder(t);
  const table = await propertyTable(games, places, () => undefined, cache);
  const holds = (place: number, property: number): boolean => table.properties.subarray(table.starts[place], table.starts[place + 1]).includes(property);
  const telling = [...tellingProperties(table)];
  const planted = telling.slice(0, 30);
  const constant = await evaluateChess(model(1, () => 1), games, { cache }, watch);
  const known = await evaluateChess(model(planted.length, (place, unit) => Number(holds(place, planted[unit]!))), games, { cache }, watch);
  assert.deepEqual([known.positions, known.properties, known.games], [places.length, telling.length, games.length]);
  assert.ok(known.all.coverage > constant.all.coverage);
  // Each planted property is told exactly; the rest is at most 1.
  assert.ok(known.all.coverage >= planted.length / telling.length);
  assert.equal(known.layers[1]!.coverage, 0);
  assert.equal(known.all.coverage, known.layers[0]!.coverage);
  const board = [...Array(768).keys()].filter((property) => [...places.keys()].some((place) => holds(place, property)));
  const whole = await evaluateChess(model(board.length, (place, unit) => Number(holds(place, board[unit]!))), games, { cache }, watch);
  assert.ok(whole.all.reconstruction > 0.9, `${whole.all.reconstruction}; men that moved fewer than ten times cannot be labelled`);
  assert.ok(whole.all.reconstruction > constant.all.reconstruction);
  assert.equal(propertyNames.length, 1963);
});

test('a model that writes no move has no legal ones; figures are printed by the names that sweeps go by', async (t) => {
  await loadBackend();
  const figures = await evaluateChess(model(1, () => 1), games, { cache: temporaryFolder(t), moves: 6 }, watch);
  assert.deepEqual(figures.legal, { rate: 0, asked: 6 });
  const json = chessJson(figures);
  for (const name of ['legal_move_rate', 'coverage', 'coverage_fixed', 'reconstruction_f1']) assert.equal(typeof json[name], 'number', name);
  assert.equal((json['layers'] as unknown[]).length, 2);
});

test('other tokens, too few games and a stop are refused by kind', async (t) => {
  await loadBackend();
  const cache = temporaryFolder(t);
  const other = { ...model(1, () => 1), tokenizer: { encode: (text: string) => Int32Array.from(Buffer.from(text)) } } as unknown as LanguageModel;
  await assert.rejects(evaluateChess(other, games, { cache }, watch), { kind: 'unsupported', message: /planted does not read the characters of chess games/u });
  await assert.rejects(evaluateChess(model(1, () => 1), games.slice(0, 1), { cache }, watch), { kind: 'bad-request', message: /too few/u });
  await assert.rejects(evaluateChess(model(1, () => 1), games, { cache }, { ...watch, signal: AbortSignal.abort() }), { kind: 'cancelled' });
});
