import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lmTrainConfigSchema, runLmTrain, type LmTrainConfig } from '../../../../../src/engine/lm/training/job.ts';
import { evaluateLm } from '../../../../../src/engine/lm/training/evaluate.ts';
import { temporaryFolder, type Ending } from '../../../../support/temporary.ts';

function textFile(t: Ending): string {
  const path = join(temporaryFolder(t), 'a.txt');
  writeFileSync(path, 'the cat sat on the mat and looked at the dog. '.repeat(60));
  return path;
}

function configOf(data: string, out: string, fields: Record<string, unknown> = {}): LmTrainConfig {
  return lmTrainConfigSchema.parse({
    data, out, layers: 1, dModel: 16, heads: 2, context: 16, batch: 4, steps: 24, lr: 1e-2, seed: 3, validTokens: 64, logEvery: 8, validEvery: 12, checkpointEvery: 10, ...fields,
  });
}

/** Runs it, and stops before the step that is named. */
async function run(config: LmTrainConfig, stopAt = Infinity): Promise<Record<string, unknown>> {
  const stop = new AbortController();
  const progress = ({ step }: { step: number }): void => {
    if (step >= stopAt) stop.abort();
  };
  return runLmTrain(config, { signal: stop.signal, folder: config.out, progress, metrics: () => undefined, log: () => undefined });
}

const weights = (folder: string): Buffer => readFileSync(join(folder, 'model.safetensors'));
const withoutTimes = (folder: string): unknown[] => readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n').map((line) => ({ ...(JSON.parse(line) as object), seconds: 0, tokensPerSecond: 0, mfu: 0 }));

for (const [arch, layer] of [['dense', {}], ['moe-x', {}], ['monet-hd', {}]] as const) {
  test(`${arch}: a run that was stopped twice ends with the same weights and history, bit for bit`, async (t) => {
    const data = textFile(t);
    const [whole, cut] = [temporaryFolder(t), temporaryFolder(t)];
    const result = await run(configOf(data, whole, { arch, layer, accumulate: 2 }));
    const config = configOf(data, cut, { arch, layer, accumulate: 2 });
    await assert.rejects(run(config, 7), { kind: 'cancelled', message: /step 7 of 24/u });
    await assert.rejects(run(config, 15), { kind: 'cancelled' });
    const resumed = await run(config);
    assert.ok(weights(whole).equals(weights(cut)));
    assert.deepEqual(withoutTimes(cut), withoutTimes(whole));
    for (const name of ['loss_first', 'loss_last', 'valid_loss', 'steps', 'tokens']) assert.equal(resumed[name], result[name], name);
    assert.ok(Number(result['loss_last']) < Number(result['loss_first']));
  });
}

test('the finished folder holds a model and no training state; run again, it gives its result', async (t) => {
  const config = configOf(textFile(t), temporaryFolder(t), { dtype: 'float16' });
  const result = await run(config);
  assert.deepEqual(await run(config), JSON.parse(JSON.stringify(result)));
  assert.ok(!existsSync(join(config.out, 'checkpoints')) && !existsSync(join(config.out, 'data', 'train.bin')));
  assert.deepEqual(readdirSync(config.out).filter((name) => /config\.json$|safetensors$|^tokenizer\.json$/u.test(name)).sort(), ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']);
  const evaluated = await evaluateLm({ model: config.out, data: null, tokens: 10_000 }, new AbortController().signal);
  assert.ok(Math.abs(Number(evaluated['loss']) - Number(result['valid_loss'])) < 0.01, 'float16 rounds'); 
});

test('another config in the same folder is refused with every difference', async (t) => {
  const config = configOf(textFile(t), temporaryFolder(t));
  await assert.rejects(run(config, 3), { kind: 'cancelled' });
  await assert.rejects(run({ ...config, lr: 5e-3, batch: 2 }), { kind: 'conflict', message: /batch 4, not 2; lr 0\.01, not 0\.005/u });
  await assert.rejects(run({ ...config, logEvery: 1 }, 5), { kind: 'cancelled' }); // how often is looked is free
});

test('a run that cannot begin leaves nothing that another would be in conflict with', async (t) => {
  const config = configOf(textFile(t), temporaryFolder(t), { dModel: 15 });
  await assert.rejects(run(config), { kind: 'bad-config', message: /dModel is 15 and heads is 2/u });
  assert.ok(!existsSync(join(config.out, 'lm-train.json')));
  await assert.rejects(run({ ...config, dModel: 16 }, 2), { kind: 'cancelled' });
});

test('a folder with a model that was not trained there, or with a finished one of another config, is not written over', async (t) => {
  const config = configOf(textFile(t), temporaryFolder(t), { steps: 2 });
  writeFileSync(join(config.out, 'config.json'), '{}');
  await assert.rejects(run(config), { kind: 'conflict', message: /config\.json of a model that was not trained here/u });
  const own = configOf(config.data, temporaryFolder(t), { steps: 2 });
  await run(own);
  await assert.rejects(run({ ...own, seed: 4, steps: 3 }), { kind: 'conflict', message: /seed 3, not 4; steps 2, not 3/u });
});
