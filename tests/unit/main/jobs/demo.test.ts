import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../../src/engine/config-issues.ts';
import { loadJob } from '../../../../src/engine/jobs.ts';
import { buildConfigSchema } from '../../../../src/main/catalog/build-config.ts';
import { checkedDemo, chooseSample, sampleConfig } from '../../../../src/main/jobs/demo.ts';
import type { FoundModel } from '../../../../src/shared/schema/workspace.ts';

const found = (changes: Partial<FoundModel>): FoundModel => ({ path: '/m.gguf', name: 'm', origin: 'sample', bytes: 1, problem: null, ...changes });

test('the sample model is taken where it is; else our own small one, with the reason', () => {
  assert.equal(chooseSample([found({ origin: 'ollama', path: '/other' }), found({})]).path, '/m.gguf');
  const fallback = chooseSample([found({ problem: 'truncated' })]);
  assert.match(fallback.path, /resources.tiny-llama$/);
  assert.match(fallback.insteadOf ?? '', /could not be fetched/);
});

test('the configs of the stages fit their schemas, and each stage reads what the one before wrote', async () => {
  const config = sampleConfig('/w', chooseSample([found({})]), 7);
  const harvest = parseConfig((await loadJob('harvest')).schema, config.harvest);
  const train = parseConfig((await loadJob('train')).schema, config.train);
  const catalog = parseConfig(buildConfigSchema, config.catalog);
  assert.deepEqual(train['activations'], [harvest['out']]);
  assert.deepEqual([catalog['store'], catalog['dictionary'], catalog['model']], [harvest['out'], train['out'], harvest['model']]);
  assert.deepEqual([harvest['seed'], train['seed'], catalog['seed']], [7, 7, 7]);
});

test('a setting for the sample run is refused by name', () => {
  assert.throws(() => checkedDemo({ steps: 5 }), /steps: the sample run takes no settings/);
});
