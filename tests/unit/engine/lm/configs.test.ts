import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { checkedConfig, GgufFields, idList, parseConfig, refuseOption, size } from '../../../../src/engine/lm/configs.ts';
import type { DescribedConfig, ModelConfig } from '../../../../src/engine/lm/definition.ts';

test('a wrong field is named with the model', () => {
  assert.throws(() => parseConfig(z.looseObject({ n_layer: size }), { n_layer: 2.5 }, 'my-model'), { kind: 'bad-config', message: /my-model: config field n_layer/u });
  assert.throws(() => parseConfig(size, 1e15, 'x'), { kind: 'bad-config' });
});

test('token ids may be one, many or none', () => {
  assert.deepEqual([idList(3), idList([1, 2]), idList(null)], [[3], [1, 2], []]);
});

test('sizes must fit together', () => {
  const config = { name: 'm', layers: 2, heads: 6, kvHeads: 4, dHead: 4, ropeTheta: 1 } as ModelConfig;
  assert.throws(() => checkedConfig(config), { kind: 'bad-config', message: /6 heads cannot share 4/u });
  assert.throws(() => checkedConfig({ ...config, kvHeads: 2, dHead: 3 }), { kind: 'bad-config', message: /even/u });
});

test('what a family leaves unsaid is as in most families', () => {
  const config = checkedConfig({ name: 'm', layers: 2, heads: 6, kvHeads: 2, dHead: 4, ropeTheta: 1, attnSoftCap: 3 } as DescribedConfig);
  assert.deepEqual([config.rotaryDim, config.attnDivisor, config.attnSoftCap, config.logitSoftCap, config.windows, config.parallel, config.embeddingScale], [4, 2, 3, null, [null, null], false, 1]);
  for (const rotaryDim of [0, 3, 6]) assert.throws(() => checkedConfig({ ...config, rotaryDim }), { kind: 'bad-config', message: new RegExp(`not ${rotaryDim}`, 'u') });
});

test('an option that changes what is computed is refused', () => {
  assert.throws(() => refuseOption(true, 'm', 'sliding_window'), { kind: 'unsupported', message: /sliding_window/u });
  refuseOption(false, 'm', 'x');
});

test('GGUF fields are read under their architecture', () => {
  const fields = new GgufFields(new Map<string, string | number | boolean | string[]>([
    ['general.architecture', 'llama'], ['llama.block_count', 3], ['tokenizer.ggml.tokens', ['a', 'b']], ['tokenizer.ggml.bos_token_id', 1], ['llama.rope.scaling.type', 'linear'], ['llama.use', false],
  ]), 'm');
  assert.equal(fields.size('block_count'), 3);
  assert.equal(fields.number('attention.eps', 0.5), 0.5);
  assert.equal(fields.vocab(), 2);
  assert.equal(fields.tokenId('bos_token_id'), 1);
  assert.equal(fields.tokenId('eos_token_id'), null);
  assert.equal(fields.text('rope.scaling.type'), 'linear');
  assert.deepEqual([fields.flag('use', true), fields.flag('other', true)], [false, true]);
  assert.throws(() => fields.flag('block_count', true), { kind: 'bad-config', message: /llama\.block_count/u });
  assert.throws(() => fields.number('rope.scaling.type'), { kind: 'bad-config', message: /llama\.rope\.scaling\.type/u });
  assert.throws(() => fields.size('missing'), { kind: 'bad-config' });
});
