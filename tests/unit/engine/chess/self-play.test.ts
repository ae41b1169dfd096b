import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chess } from 'chess.js';
import { Random } from '../../../../src/engine/random.ts';
import { playGame, selfPlayDefaults, type Ranking } from '../../../../src/engine/chess/self-play.ts';
import { splitTranscript } from '../../../../src/engine/chess/transcript.ts';

/** The first legal move by its letters is by far the best. */
const strict: Ranking = (moves) => {
  const chess = new Chess();
  for (const move of moves) chess.move({ from: move.slice(0, 2), to: move.slice(2, 4), promotion: move[4] });
  return Promise.resolve(chess.moves({ verbose: true }).map(({ lan }) => lan).sort().map((uci, i) => ({ uci, centipawns: i === 0 ? 400 : 0 })));
};

test('the same seed gives the same game, another one another', async () => {
  const game = (seed: number): Promise<string> => playGame(Random.from(seed, 'game'), selfPlayDefaults, null);
  assert.equal(await game(1), await game(1));
  assert.notEqual(await game(1), await game(2));
});

test('behind the opening the best move is played where nothing else is near it', async () => {
  const settings = { ...selfPlayDefaults, opening: [4, 4] as const, randomShare: 0, characters: 120 };
  const moves = splitTranscript(await playGame(Random.from(5, 'game'), settings, strict));
  const chess = new Chess();
  for (const [ply, move] of moves.entries()) {
    if (ply >= 4) assert.equal(chess.move(move).lan, (await strict(chess.history({ verbose: true }).slice(0, -1).map(({ lan }) => lan), 1))[0]!.uci);
    else chess.move(move);
  }
});

test('a game ends within its characters', async () => {
  for (const characters of [50, 300]) {
    const text = await playGame(Random.from(3, 'long'), { ...selfPlayDefaults, characters }, null);
    assert.ok(text.length <= characters && text.length > characters - 12, `${text.length}`);
  }
});

test('moves are drawn in proportion to exp(cp / temperature)', async () => {
  const two: Ranking = (moves) => Promise.resolve(moves.length > 0 ? [] : [{ uci: 'e2e4', centipawns: 50 }, { uci: 'd2d4', centipawns: 0 }, { uci: 'a2a3', centipawns: -101 }]);
  const settings = { ...selfPlayDefaults, opening: [0, 0] as const, randomShare: 0, temperature: [50, 50] as const, window: 150, characters: 5 };
  let [best, worst] = [0, 0];
  for (let i = 0; i < 2000; i++) {
    const text = await playGame(Random.from(i, 'draw'), settings, two);
    if (text === ';1.e4') best++;
    else if (text === ';1.a3') worst++;
  }
  assert.ok(Math.abs(best / 2000 - Math.E / (Math.E + 1)) < 0.035, `${best}`);
  assert.equal(worst, 0, 'further behind than the window');
});
