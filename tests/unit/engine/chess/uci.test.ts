import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseInfo, UciEngine } from '../../../../src/engine/chess/uci.ts';

const fake = { program: process.execPath, args: [join(import.meta.dirname, '../../../support/uci-engine.mjs')] };

test('an info line gives rank, move and score; bounds and other lines give nothing', () => {
  assert.deepEqual(parseInfo('info depth 2 seldepth 3 multipv 2 score cp -20 nodes 370 nps 30833 hashfull 0 time 12 pv b1c3 e7e5'), { rank: 2, move: { uci: 'b1c3', centipawns: -20 } });
  assert.deepEqual(parseInfo('info depth 9 multipv 1 score mate -3 nodes 1 pv e7e8q'), { rank: 1, move: { uci: 'e7e8q', centipawns: -9997 } });
  assert.deepEqual(parseInfo('info depth 9 multipv 1 score mate 2 nodes 1 pv e7e8q')?.move.centipawns, 9998);
  assert.equal(parseInfo('info depth 3 multipv 1 score cp 15 upperbound nodes 500 pv g1f3'), null);
  assert.equal(parseInfo('info string NNUE evaluation'), null);
});

test('an engine ranks moves, and answers the same after a new game', async () => {
  const engine = await UciEngine.start(fake, 4);
  try {
    assert.equal(engine.name, 'Stand-in 1');
    const first = await engine.rank(['e2e4'], 100);
    assert.ok(first.length >= 2 && first[0]!.centipawns >= first.at(-1)!.centipawns);
    await engine.newGame();
    assert.deepEqual(await engine.rank(['e2e4'], 100), first);
  } finally {
    engine.stop();
  }
});

test('a program that is no engine, or none at all, is a missing component', async () => {
  await assert.rejects(UciEngine.start({ program: process.execPath, args: ['-e', ''] }, 1), { kind: 'missing-component', message: /ended with status 0/ });
  await assert.rejects(UciEngine.start({ program: '/no/such/engine', args: [] }, 1), { kind: 'missing-component' });
});
