import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { openOwnModel, valuesFrom } from '../../../../../src/engine/lm/own/opened.ts';
import { modelSpecs } from '../../../../../src/engine/lm/own/parameters.ts';
import { shapeOf } from '../../../../../src/engine/lm/own/config.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';
import { repeatedText, tinyLmConfig, trainTiny } from '../../../../support/trained-lm.ts';

test('a run that begins with a model goes on from its loss; zero learning leaves its weights', async (t) => {
  const data = repeatedText(t);
  const [first, next] = [temporaryFolder(t), temporaryFolder(t)];
  await trainTiny(tinyLmConfig(data, first, { steps: 40 }));
  const went = await trainTiny(tinyLmConfig(data, next, { from: first, tokenizer: first, steps: 2, lr: 1e-30, layers: null, dModel: null, heads: null, context: null }));
  const [before, after] = [openOwnModel(first), openOwnModel(next)];
  for (const spec of modelSpecs(before.shape)) assert.deepEqual(after.read(spec), before.read(spec), spec.name);
  const result = JSON.parse(readFileSync(join(first, 'result.json'), 'utf8')) as { valid_loss: number };
  assert.equal(went['valid_loss'], result.valid_loss);
  before.close();
  after.close();
});

test('another kind, another vocabulary and other shapes than the model that a run begins with are refused', async (t) => {
  const data = repeatedText(t);
  const first = temporaryFolder(t);
  await trainTiny(tinyLmConfig(data, first, { steps: 2 }));
  const begin = (fields: Record<string, unknown>) => trainTiny(tinyLmConfig(data, temporaryFolder(t), { from: first, tokenizer: first, steps: 2, ...fields }));
  await assert.rejects(begin({ arch: 'moe-x' }), { kind: 'mismatch', message: /arch is moe-x, and .* is of the kind dense/u });
  await assert.rejects(begin({ tokenizer: 'chess' }), { kind: 'mismatch', message: /has 33 tokens, and .* has 257/u });
  await assert.rejects(begin({ layer: { hidden: 8 } }), { kind: 'mismatch', message: /it lacks blocks\.0\.mlp\.in\.weight \[16, 8\], .* and 0 more|it lacks blocks\.0\.mlp\.in\.weight \[16, 8\]/u });
  const model = openOwnModel(first);
  assert.throws(() => valuesFrom(model, shapeOf({ ...model.shape.config, layers: 2 })), { kind: 'mismatch', message: /blocks\.1\..* and \d+ more/u });
  model.close();
});

test('a folder that Loupe did not write, and one whose weights are damaged, are refused', async (t) => {
  await loadBackend();
  const first = temporaryFolder(t);
  await trainTiny(tinyLmConfig(repeatedText(t), first, { steps: 1 }));
  const path = join(first, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...config, eos_token_id: undefined }));
  assert.throws(() => openOwnModel(first), { kind: 'bad-config', message: /token stands between documents|eos_token_id/u });
  writeFileSync(path, JSON.stringify(config));
  const bytes = readFileSync(join(first, 'model.safetensors'));
  bytes.writeUInt32LE(0x7fc00000, bytes.length - 4);
  writeFileSync(join(first, 'model.safetensors'), bytes);
  const model = openOwnModel(first);
  assert.throws(() => modelSpecs(model.shape).forEach((spec) => model.read(spec)), { kind: 'not-finite' });
  model.close();
  await assert.rejects(loadModel(first), { kind: 'not-finite' });
});
