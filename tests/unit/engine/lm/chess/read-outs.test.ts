import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Chess } from 'chess.js';
import { propertiesOf, propertyNames } from '../../../../../src/engine/chess/properties.ts';
import { splitTranscript } from '../../../../../src/engine/chess/transcript.ts';
import { placesOf, propertyTable, tablePart, tellingProperties } from '../../../../../src/engine/lm/chess/read-outs.ts';
import { randomGames } from '../../../../support/random-games.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const go = (): void => undefined;

test('dots stand before White\'s moves, spaces before Black\'s, and what lies behind the length is left out', () => {
  const game = ';1.e4 e5 2.Nf3 Nc6';
  const read = (where: 'dots' | 'spaces' | 'both', length = 100): [string, number][] => placesOf([game], length, where).map(({ character, ply }) => [game.slice(0, character + 1), ply]);
  assert.deepEqual(read('dots'), [[';1.', 0], [';1.e4 e5 2.', 2]]);
  assert.deepEqual(read('spaces'), [[';1.e4 ', 1], [';1.e4 e5 2.Nf3 ', 3]]);
  assert.deepEqual(read('both', 6).map(([, ply]) => ply), [0, 1]);
});

test('the table holds what holds on the board before the move, also from the cache', async (t) => {
  const cache = temporaryFolder(t);
  const games = randomGames(3, 12);
  const places = placesOf(games, 60, 'both');
  const table = await propertyTable(games, places, go, cache);
  for (const [at, { game, ply }] of places.entries()) {
    const chess = new Chess();
    for (const move of splitTranscript(games[game]!).slice(0, ply)) chess.move(move);
    const expected = [...propertiesOf(chess).entries()].flatMap(([property, holds]) => (holds === 1 ? [property] : []));
    assert.deepEqual([...table.properties.subarray(table.starts[at], table.starts[at + 1])], expected);
  }
  assert.equal(readdirSync(cache).length, 1);
  assert.deepEqual(await propertyTable(games, places, () => { throw new Error('must not be made again'); }, cache), table);
  await propertyTable(games, placesOf(games, 60, 'dots'), go, cache);
  assert.equal(readdirSync(cache).length, 2);
});

test('properties that nearly no place or nearly every place has are left out; a part is renumbered', () => {
  // property 0 always, 1 on even places, 2 once
  const places = Array.from({ length: 200 }, (_, i) => [0, ...(i % 2 === 0 ? [1] : []), ...(i === 6 ? [2] : [])]);
  const starts = Int32Array.from([0, ...places.map((_, i) => places.slice(0, i + 1).flat().length)]);
  const table = { count: propertyNames.length, starts, properties: Int32Array.from(places.flat()) };
  assert.deepEqual([...tellingProperties(table)], [1]);
  const part = tablePart(table, [5, 6], [2, 1]);
  assert.deepEqual(part, { count: 2, starts: Int32Array.of(0, 0, 2), properties: Int32Array.of(1, 0) });
});
