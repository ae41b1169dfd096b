import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownModelType } from '../../../../../../src/engine/lm/own/config.ts';
import { sparsityConfigSchema } from '../../../../../../src/engine/lm/sparsity/config.ts';
import { numberList, ownFamily, studyConfig } from '../../../../../../src/renderer/src/pages/sparsity/form.ts';

test('numbers stand between commas; anything else is no list', () => {
  assert.deepEqual([numberList(''), numberList(' 8 '), numberList('0, 4,16'), numberList('1,x'), numberList('1,,2'), numberList('-1')], [null, [8], [0, 4, 16], undefined, undefined, undefined]);
});

test("the form is a config that the engine takes; no text means the model's own tokens", () => {
  const form = { data: ' ', tokens: 100, curveTokens: 50, topk: '0,4', eachLayer: false, noise: true, untrained: true, seed: 3 };
  const config = sparsityConfigSchema.parse(studyConfig('/m', form));
  assert.deepEqual([config.model, config.data, config.topk, config.topkTokens, config.noiseTokens, config.seed, config.untrained], ['/m', null, [0, 4], 50, 50, 3, true]);
  const quiet = sparsityConfigSchema.parse(studyConfig('/m', { ...form, data: 'text', topk: '', noise: false }));
  assert.deepEqual([quiet.data, quiet.topk, quiet.noiseTokens], ['text', null, 0]);
});

test("the family of Loupe's own models is called as the engine calls it", () => assert.equal(ownFamily, ownModelType));
