import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluateLm } from '../../../../../src/engine/lm/training/evaluate.ts';
import { fixtureFolder } from '../../../../support/lm-fixtures.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { randomGames } from '../../../../support/random-games.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';
import { tinyLmConfig, trainTiny } from '../../../../support/trained-lm.ts';

const { signal } = new AbortController();

test('a corpus gives loss and its exponential, for a model of any family', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('dense'));
  const text = join(folder, 'a.txt');
  writeFileSync(text, 'a cat and a dog. '.repeat(20));
  for (const model of [folder, fixtureFolder('gpt2')]) {
    const { loss, perplexity, tokens } = (await evaluateLm({ model, data: text, tokens: 200 }, signal)) as { loss: number; perplexity: number; tokens: number };
    assert.ok(loss > 0 && tokens > 0 && tokens < 200);
    assert.ok(Math.abs(Math.log(perplexity) - loss) < 1e-9);
  }
});

test('a model without tokens of its own needs a corpus, and a corpus more than one token', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('dense'));
  await assert.rejects(evaluateLm({ model: folder, data: null, tokens: 100 }, signal), { kind: 'bad-request', message: /name a corpus/u });
  const text = join(folder, 'empty.txt');
  writeFileSync(text, '');
  await assert.rejects(evaluateLm({ model: folder, data: text, tokens: 100 }, signal), { kind: 'bad-request', message: /0 tokens/u });
});

test('a model of games is measured where games begin, as in training, and on the board beside', async (t) => {
  const [folder, out] = [temporaryFolder(t), temporaryFolder(t)];
  const games = join(folder, 'games.txt');
  writeFileSync(games, randomGames(160, 18, 2).map((game) => `${game}\n`).join(''));
  const result = await trainTiny(tinyLmConfig(games, out, { tokenizer: 'chess', context: 48, validTokens: 3000 }));
  const measured = await evaluateLm({ model: out, data: null, tokens: 3000, chess: { games, most: 30 } }, new AbortController().signal);
  assert.ok(Math.abs(Number(measured['loss']) - Number(result['valid_loss'])) < 1e-5);
  assert.ok(Number(measured['games']) > 5 && Number(measured['games']) <= 30 && Number(measured['coverage']) > 0 && Number(measured['legal_moves_asked']) > 0);
  await assert.rejects(evaluateLm({ model: out, data: null, tokens: 3000, chess: { games: join(folder, 'none.txt'), most: 3 } }, new AbortController().signal), { kind: 'missing-component' });
});
