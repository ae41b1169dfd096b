import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSafetensors } from '../../../../../src/engine/formats/safetensors.ts';
import { readOwnConfig } from '../../../../../src/engine/lm/own/files.ts';
import { modelSpecs } from '../../../../../src/engine/lm/own/parameters.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

test('the folder has the config, the weights and the tokenizer; float16 halves the weights', (t) => {
  const [whole, half] = [temporaryFolder(t), temporaryFolder(t)];
  const shape = tinyShape('dense', { activation: 'relu' });
  writeTinyModel(whole, shape, 'F32');
  writeTinyModel(half, shape, 'F16');
  const config = readOwnConfig(JSON.parse(readFileSync(join(whole, 'config.json'), 'utf8')), 'tiny');
  assert.deepEqual(config.own!.config, shape.config);
  assert.deepEqual([config.layers, config.dModel, config.dMlp, config.vocab, config.eosTokenIds], [2, 16, 64, 257, [256]]);
  const file = openSafetensors(join(whole, 'model.safetensors'));
  assert.deepEqual([...file.entries.keys()], modelSpecs(shape).map(({ name }) => name));
  file.close();
  const bytes = (folder: string): number => statSync(join(folder, 'model.safetensors')).size;
  const numbers = modelSpecs(shape).reduce((sum, spec) => sum + spec.shape.reduce((a, b) => a * b, 1), 0);
  assert.ok(Math.abs(bytes(whole) - bytes(half) - 2 * numbers) < 16); // headers differ by padding at most
});

test('a config.json without what Loupe writes is refused by field', () => {
  assert.throws(() => readOwnConfig({ model_type: 'loupe' }, 'broken'), { kind: 'bad-config', message: /loupe/u });
  assert.throws(() => readOwnConfig({ loupe: { arch: 'dense', vocab: 9, dModel: 10, heads: 3 } }, 'broken'), { kind: 'bad-config', message: /heads/u });
});
