import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../../../src/engine/config-issues.ts';
import { sparsityConfigSchema } from '../../../../../src/engine/lm/sparsity/config.ts';

test('a model is enough; what is wrong is named', () => {
  const config = sparsityConfigSchema.parse({ model: 'm' });
  assert.deepEqual([config.data, config.topk, config.tokens, config.epsilon], [null, null, 16_384, 0.01]);
  for (const [fields, says] of [[{ model: '' }, /model/u], [{ model: 'm', topk: [-1] }, /topk/u], [{ model: 'm', substitution: [2] }, /substitution/u], [{ model: 'm', tokens: 1 }, /tokens/u], [{ model: 'm', tokenz: 9 }, /tokenz/u]] as const) {
    assert.throws(() => parseConfig(sparsityConfigSchema, fields), { kind: 'bad-config', message: says });
  }
});
