import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluateLm } from '../../../../../src/engine/lm/training/evaluate.ts';
import { upcycleModel, upcycleSchema } from '../../../../../src/engine/lm/own/upcycle-model.ts';
import { temporaryFolder, type Ending } from '../../../../support/temporary.ts';
import { repeatedText, tinyLmConfig, trainTiny } from '../../../../support/trained-lm.ts';

async function denseModel(t: Ending, data: string, activation: string): Promise<string> {
  const out = temporaryFolder(t);
  await trainTiny(tinyLmConfig(data, out, { steps: 60, layer: { activation, hidden: 24 } }));
  return out;
}

const lossOf = async (model: string, data: string): Promise<number> => Number((await evaluateLm({ model, data, tokens: 400 }, new AbortController().signal))['loss']);

test('without noise and shift the experts compute what the dense model did; with them nearly', async (t) => {
  const data = repeatedText(t);
  const model = await denseModel(t, data, 'relu');
  const dense = await lossOf(model, data);
  for (const arch of ['moe-x', 'switch']) {
    const [exact, spread] = [temporaryFolder(t), temporaryFolder(t)];
    upcycleModel(upcycleSchema.parse({ model, out: exact, arch, noise: 0, shift: 0, layer: { experts: 4 } }));
    assert.ok(Math.abs((await lossOf(exact, data)) - dense) < 1e-5, arch);
    const result = upcycleModel(upcycleSchema.parse({ model, out: spread, arch, layer: { experts: 4 }, seed: 1 }));
    const loss = await lossOf(spread, data);
    assert.ok(loss !== dense && Math.abs(loss - dense) < 0.5, `${arch}: ${loss}, ${dense}`);
    assert.ok(Number(result['parameters']) > Number(result['active_parameters']));
    assert.deepEqual(JSON.parse(readFileSync(join(spread, 'upcycle.json'), 'utf8')), JSON.parse(JSON.stringify(result)));
  }
});

test('the same seed gives the same file; training goes on from there and lowers the loss', async (t) => {
  const data = repeatedText(t);
  const model = await denseModel(t, data, 'relu');
  const make = (seed: number): Buffer => {
    const out = temporaryFolder(t);
    upcycleModel(upcycleSchema.parse({ model, out, layer: { experts: 3, k: 1 }, seed }));
    return readFileSync(join(out, 'model.safetensors'));
  };
  assert.ok(make(1).equals(make(1)));
  assert.ok(!make(1).equals(make(2)));
  const start = temporaryFolder(t);
  upcycleModel(upcycleSchema.parse({ model, out: start, layer: { experts: 3 } }));
  const before = await lossOf(start, data);
  const on = temporaryFolder(t);
  await trainTiny(tinyLmConfig(data, on, { arch: 'moe-x', from: start, tokenizer: start, steps: 40 }));
  assert.ok((await lossOf(on, data)) < before);
});

test('what cannot become experts is refused, and nothing is written', async (t) => {
  const data = repeatedText(t);
  const out = join(temporaryFolder(t), 'new');
  const attempt = (model: string, fields: Record<string, unknown> = {}) => () => upcycleModel(upcycleSchema.parse({ model, out, ...fields }));
  const gelu = await denseModel(t, data, 'gelu');
  assert.throws(attempt(gelu), { kind: 'unsupported', message: /gelu units, and MoE-X has relu/u });
  assert.throws(attempt(await denseModel(t, data, 'swiglu')), { kind: 'unsupported', message: /swiglu/u });
  assert.throws(attempt(gelu, { arch: 'switch', layer: { experts: 2, k: 3 } }), { kind: 'bad-config', message: /k is 3, experts is 2/u });
  const switchModel = temporaryFolder(t);
  upcycleModel(upcycleSchema.parse({ model: gelu, out: switchModel, arch: 'switch' }));
  assert.throws(attempt(switchModel), { kind: 'unsupported', message: /kind switch/u });
  assert.ok(!existsSync(out));
});
