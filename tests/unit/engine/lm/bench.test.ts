import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchForward } from '../../../../src/engine/lm/bench.ts';
import { fixtureFolder } from '../../../support/lm-fixtures.ts';

test('a bench says what it timed and what came out', async () => {
  const result = await benchForward({ model: fixtureFolder('llama-gqa-untied'), hook: 'blocks.0.hook_resid_post', batch: 2, context: 8, passes: 3 });
  assert.deepEqual([result['batch'], result['context'], result['hook'], result['model']], [2, 8, 'blocks.0.hook_resid_post', 'llama-gqa-untied']);
  for (const key of ['tokens_per_s', 'ms_per_pass', 'best_ms', 'peak_rss_mb', 'norm_of_last']) assert.ok((result[key] as number) > 0, key);
  await assert.rejects(benchForward({ model: fixtureFolder('gpt2'), hook: 'blocks.0.hook_resid', batch: 1, context: 2, passes: 1 }), { kind: 'not-found' });
});
