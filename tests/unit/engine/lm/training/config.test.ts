import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lmTrainConfigSchema, ownConfigOf, shapeFor } from '../../../../../src/engine/lm/training/config.ts';

const parse = (fields: Record<string, unknown>): ReturnType<typeof lmTrainConfigSchema.parse> => lmTrainConfigSchema.parse({ out: 'x', ...fields });

test('a preset fills in what is left out, and fields win over it', () => {
  const own = ownConfigOf(parse({ preset: 'desktop-chess', dModel: 64, layer: { activation: 'relu' } }), 99);
  assert.deepEqual(own, { arch: 'dense', layers: 4, dModel: 64, heads: 4, context: 256, vocab: 99, tiedEmbeddings: true, layer: { activation: 'relu' } });
});

test('every field has a description, unknown ones are refused, and out alone is enough', () => {
  for (const [name, field] of Object.entries(lmTrainConfigSchema.shape)) assert.ok(field.description, name);
  assert.equal(parse({}).steps, 1000);
  assert.equal(lmTrainConfigSchema.safeParse({ out: 'x', learningRate: 1 }).success, false);
});

test('validation needs a whole context', () => {
  assert.throws(() => shapeFor(parse({ validTokens: 100 }), 257), { kind: 'bad-config', message: /validTokens is 100.*256/u });
  assert.equal(shapeFor(parse({ validTokens: 257 }), 257).size.vocab, 257);
});
