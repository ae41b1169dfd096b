import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { attentionInputs } from '../../../../src/engine/lm/attention-inputs.ts';
import type { ModelConfig } from '../../../../src/engine/lm/definition.ts';

before(() => loadBackend());

const config = { layers: 3, rotaryDim: 2, ropeTheta: null, ropeScaling: null, windows: [null, 2, null] } as unknown as ModelConfig;
/** Rows of a mask: x where a query may look. */
const seen = (mask: ReturnType<typeof attentionInputs>['masks'][number]): string[] => {
  const total = mask.shape[3]!;
  const values = [...mask.dataSync()];
  assert.ok(values.every((value) => value === 0 || value === -Infinity));
  return Array.from({ length: values.length / total }, (_, row) => values.slice(row * total, (row + 1) * total).map((value) => (value === 0 ? 'x' : '.')).join(''));
};

test('a window shows a query itself and the tokens just before; blocks of one window share their mask', () => {
  const { masks } = attentionInputs(config, null, { batch: 1, length: 4, past: 0 }, true);
  assert.deepEqual(seen(masks[0]!), ['x...', 'xx..', 'xxx.', 'xxxx']);
  assert.deepEqual(seen(masks[1]!), ['x...', 'xx..', '.xx.', '..xx']);
  assert.equal(masks[2], masks[0]);
});

test('the tokens before this pass count as tokens before', () => {
  const { masks } = attentionInputs(config, null, { batch: 1, length: 2, past: 3 }, true);
  assert.deepEqual(seen(masks[0]!), ['xxxx.', 'xxxxx']);
  assert.deepEqual(seen(masks[1]!), ['..xx.', '...xx']);
});

test('a window over every token is none, and none are made where none are wanted', () => {
  const { masks } = attentionInputs(config, null, { batch: 1, length: 2, past: 0 }, true);
  assert.equal(masks[1], masks[0]);
  assert.deepEqual(attentionInputs(config, null, { batch: 1, length: 4, past: 0 }, false).masks, []);
});

test('documents and a window both hold', () => {
  const { masks, documents } = attentionInputs(config, null, { batch: 1, length: 4, past: 0, documents: Int32Array.of(0, 0, 1, 1) }, true);
  assert.deepEqual(seen(masks[0]!), ['x...', 'xx..', '..x.', '..xx']);
  assert.deepEqual(seen(masks[1]!), ['x...', 'xx..', '..x.', '..xx']);
  assert.deepEqual([...documents!.dataSync()], [0, 0, 1, 1]);
});

test('rotary tables are as wide as half of what is rotated, and begin behind the past', () => {
  const { rope } = attentionInputs({ ...config, rotaryDim: 4, ropeTheta: 100 }, null, { batch: 1, length: 2, past: 3 }, false);
  assert.deepEqual(rope!.cos.shape, [2, 2]);
  // positions 3 and 4 with frequencies 1 and 0.1
  [Math.cos(3), Math.cos(0.3), Math.cos(4), Math.cos(0.4)].forEach((x, i) => assert.ok(Math.abs(rope!.cos.dataSync()[i]! - x) < 1e-6));
  assert.equal(attentionInputs(config, null, { batch: 1, length: 2, past: 0 }, false).rope, null);
});
