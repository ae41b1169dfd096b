import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapeOf } from '../../../../../src/engine/lm/own/config.ts';
import { countParameters } from '../../../../../src/engine/lm/own/parameters.ts';
import { presetConfig } from '../../../../../src/engine/lm/own/presets.ts';
import { flopsPerToken, lmNeeds, refuseOverLmBudget } from '../../../../../src/engine/lm/training/budget.ts';
import { tinyShape } from '../../../../support/own-models.ts';

const gib = 2 ** 30;

test('operations of a token: 6 for each weight that multiplies, and attention', () => {
  const shape = tinyShape('dense', {}, { layers: 1 });
  const { total, embedding, positions } = countParameters(shape);
  // the tied embedding multiplies as unembedding: 257 * 16; attention: 12 * 1 * 16 * 12
  assert.equal(flopsPerToken(shape), 6 * (total - embedding - positions + 257 * 16) + 2304);
});

test('the estimate grows with the batch by the same amount a context, and holds four copies of the weights', () => {
  const shape = shapeOf(presetConfig('dense', 'desktop-text'));
  const [one, two, three] = [1, 2, 3].map((batch) => lmNeeds(shape, batch));
  assert.equal(three!.memory - two!.memory, two!.memory - one!.memory);
  assert.equal(one!.weights, 16 * countParameters(shape).total);
});

test('what does not fit is refused with what would', () => {
  const medium = shapeOf(presetConfig('dense', 'paper-medium'));
  const room = { memory: 16 * gib, disk: 1e15 };
  assert.throws(() => refuseOverLmBudget(medium, 16, room), { kind: 'out-of-memory', message: /weights, gradients and moments.*and a batch of 1 fit/su });
  const desktop = shapeOf(presetConfig('dense', 'desktop-text'));
  assert.doesNotThrow(() => refuseOverLmBudget(desktop, 16, room));
  assert.throws(() => refuseOverLmBudget(desktop, 512, room), { kind: 'out-of-memory', message: /A batch of 64 fits; accumulate/u });
  assert.throws(() => refuseOverLmBudget(desktop, 16, { memory: 16 * gib, disk: 1000 }), { kind: 'no-space' });
  assert.throws(() => refuseOverLmBudget(desktop, 1, { memory: 1000, disk: 1e15 }), { kind: 'out-of-memory', message: /close other programs/u });
});

test('what 262,144 experts of Monet take beside 1,024 is what it was measured to be: 376 MiB at d 256, 4 layers, 2,048 tokens', () => {
  const memory = (experts: number): number => lmNeeds(shapeOf({ ...presetConfig('monet-hd', 'desktop-text'), layers: 4, dModel: 256, heads: 8, context: 256, vocab: 257, layer: { experts } }), 8).memory / 2 ** 20;
  // docs/methods.md; before the kernels all hidden units counted
  const more = memory(262_144) - memory(1024);
  assert.ok(more > 350 && more < 430, String(more));
});
