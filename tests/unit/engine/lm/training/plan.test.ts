import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planLm } from '../../../../../src/engine/lm/training/plan.ts';
import { lmPlanSchema } from '../../../../../src/shared/schema/lm.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder, type Ending } from '../../../../support/temporary.ts';

const roomy = { memory: 2 ** 45, disk: 2 ** 45 };

function text(t: Ending): string {
  const path = join(temporaryFolder(t), 'a.txt');
  writeFileSync(path, 'a b c');
  return path;
}

test('a plan counts what the fields ask for, by the preset where they ask for nothing', async (t) => {
  const plan = await planLm({ arch: 'dense', data: text(t), preset: 'paper-small', tokenizer: 'bytes', batch: 2, accumulate: 3, steps: 10 }, roomy);
  assert.ok(lmPlanSchema.safeParse(plan).success);
  assert.deepEqual(plan.sizes, { layers: 12, dModel: 768, heads: 12, context: 1024, vocab: 257 });
  // 12 blocks of 768 -> 3072 -> 768 with biases
  assert.equal(plan.parameters.parts['layer'], 12 * (2 * 768 * 3072 + 3072 + 768));
  assert.equal(Object.values(plan.parameters.parts).reduce((a, b) => a + b, 0), plan.parameters.total);
  assert.deepEqual([plan.tokensPerStep, plan.tokens, plan.units], [6144, 61_440, 3072]);
  assert.deepEqual([plan.problem, plan.dataProblem], [null, null]);
  const sparse = await planLm({ arch: 'moe-x', data: text(t), layer: { experts: 4, k: 1 } }, roomy);
  assert.ok(sparse.parameters.active < sparse.parameters.total);
  assert.equal(sparse.layer['experts'], 4);
});

test('a run that begins with the weights of a model takes its sizes, and is refused where it has others', async (t) => {
  const from = temporaryFolder(t);
  writeTinyModel(from, tinyShape('moe-x'));
  const plan = await planLm({ arch: 'moe-x', data: text(t), from, tokenizer: 'bytes' }, roomy);
  assert.deepEqual(plan.sizes, { layers: 2, dModel: 16, heads: 2, context: 12, vocab: 257 });
  await assert.rejects(planLm({ arch: 'moe-x', data: text(t), from, layers: 3 }), { kind: 'mismatch', message: /it lacks blocks\.2/u });
  await assert.rejects(planLm({ arch: 'dense', data: text(t), from }), { kind: 'mismatch', message: /arch is dense/u });
});

test('what does not fit, and data that is not there, are said; fields that cannot be are refused by name', async (t) => {
  const tight = await planLm({ data: '/nowhere/corpus.txt' }, { memory: 2 ** 28, disk: 2 ** 45 });
  assert.match(tight.problem!, /memory/u);
  assert.match(tight.dataProblem!, /\/nowhere\/corpus\.txt/u);
  assert.match((await planLm({ data: text(t) }, { memory: 2 ** 45, disk: 1 })).problem!, /disk space/u);
  await assert.rejects(planLm({ data: text(t), heads: 5 }), { kind: 'bad-config', message: /heads is 5/u });
  await assert.rejects(planLm({ data: text(t), nonsense: 1 }), { kind: 'bad-config', message: /nonsense/u });
  await assert.rejects(planLm({ arch: 'dens' }), { kind: 'bad-request', message: /did you mean dense/u });
});
