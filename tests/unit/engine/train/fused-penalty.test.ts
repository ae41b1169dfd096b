import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sparsityOf } from '../../../../src/engine/train/fused-penalty.ts';
import { assertClose } from '../../../support/closeness.ts';
import { lossContext } from '../../../support/variants.ts';

const context = lossContext({ dIn: 2, dSae: 4 });
const form = (targetL0: number | null) => ({ kind: 'jumprelu', bandwidth: 1, targetL0, coefficient: () => 0.3 }) as const;

test('the slope is that of the penalty with its coefficient, by differences', () => {
  for (const target of [null, 4]) {
    const at = (l0: number): number => 0.3 * sparsityOf(form(target), l0, context).penalty;
    assertClose([sparsityOf(form(target), 6, context).slope], [(at(6.001) - at(5.999)) / 0.002], 1e-4);
  }
});

test('at its target a penalty is 0 and pulls nowhere', () => {
  const { penalty, slope } = sparsityOf(form(4), 4, context);
  assert.deepEqual([penalty, slope], [0, 0]);
});
