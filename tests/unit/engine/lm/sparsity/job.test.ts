import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSafetensors } from '../../../../../src/engine/formats/safetensors.ts';
import { loadJob } from '../../../../../src/engine/jobs.ts';
import { placeKeeper, ratesFile, runSparsity, sparsityConfigSchema, sparsityFile } from '../../../../../src/engine/lm/sparsity/job.ts';
import { sparsityStudySchema } from '../../../../../src/shared/schema/sparsity.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

test('the job writes a study by its schema and the rate of every unit; done once it is not done again', async (t) => {
  const [folder, model] = [temporaryFolder(t), temporaryFolder(t)];
  writeTinyModel(model, tinyShape('moe-x', { experts: 4, k: 2, width: 8 }));
  const data = join(model, 'a.txt');
  writeFileSync(data, 'a cat and a dog. '.repeat(20));
  const config = sparsityConfigSchema.parse({ model, data, tokens: 100, topkTokens: 24, noiseTokens: 0, topk: [0, 4] });
  const context = { signal: new AbortController().signal, folder, progress: () => undefined, metrics: () => undefined, log: () => undefined };
  const { run, schema } = await loadJob('lm-sparsity');
  assert.equal(schema, sparsityConfigSchema as unknown);
  const result = await run(config, context);
  const study = sparsityStudySchema.parse(JSON.parse(readFileSync(join(folder, sparsityFile), 'utf8')));
  assert.deepEqual([study.model.arch, study.model.path, study.data, study.full.tokens], ['moe-x', model, data, 96]);
  const { routing } = study.layers[0]!;
  assert.deepEqual([routing!.experts, routing!.load.length, routing!.pairs], [4, 4, 96 * 4]);
  assert.ok(Math.abs(routing!.load.reduce((a, b) => a + b) - 2) < 1e-6);
  const file = openSafetensors(join(folder, ratesFile));
  const rates = file.readFloat32('blocks.1');
  file.close();
  assert.equal(rates.length, 32);
  assert.ok(Math.abs(rates.reduce((a, b) => a + b) / 32 - study.layers[1]!.share) < 1e-6);
  assert.deepEqual(await runSparsity({ ...config, data: 'elsewhere' }, context), result);
  assert.equal(result['tokens'], 96);
});

test('a place is kept for the same study alone; a broken file counts as none', (t) => {
  const folder = temporaryFolder(t);
  const place = { batches: 3, counts: [], blocks: [null], scores: { full: { sums: [1, 0.1, 0, 0.5], bins: [] } } };
  assert.equal(placeKeeper(folder, 'a').kept, null);
  placeKeeper(folder, 'a', 0).keep(() => place);
  assert.deepEqual(placeKeeper(folder, 'a').kept, place);
  assert.equal(placeKeeper(folder, 'b').kept, null);
  placeKeeper(folder, 'a', 1e9).keep(() => assert.fail('it is not time yet'));
  writeFileSync(join(folder, 'place.json'), '{"key": "a"');
  assert.equal(placeKeeper(folder, 'a').kept, null);
});
