import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluateLm } from '../../../../../src/engine/lm/training/evaluate.ts';
import { fixtureFolder } from '../../../../support/lm-fixtures.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

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
