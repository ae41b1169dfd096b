import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strengthFor } from '../../../../src/engine/live/strength.ts';

const search = { target: 1, tolerance: 0.1, start: 1, most: 1000 };

test('where KL is a square, the second guess hits: kl = s^2 / 25 is 1 at 5', async () => {
  const found = await strengthFor((s) => s * s / 25, search);
  assert.deepEqual(found, { strength: 5, kl: 1, evaluations: 2, reached: true });
});

test('curves that bend are found within 15 evaluations, from far below and from far above', async () => {
  // flat, then steep; saturating just above the target; a step that is smoothed; linear
  const curves = [(s: number) => s ** 6 / 1e6, (s: number) => 1.2 * (1 - Math.exp(-s / 40)), (s: number) => 4 / (1 + Math.exp(20 - s)), (s: number) => s / 300];
  for (const curve of curves) {
    for (const start of [0.01, 500]) {
      const { kl, reached, evaluations } = await strengthFor(curve, { ...search, start });
      assert.ok(reached && Math.abs(kl - 1) <= 0.1 && evaluations <= 15, `${curve} from ${start}: ${kl} after ${evaluations}`);
    }
  }
});

test('a target that no strength reaches is flagged, with the nearest that was seen', async () => {
  const never = await strengthFor((s) => 0.3 * (1 - Math.exp(-s)), search);
  assert.equal(never.reached, false);
  assert.ok(Math.abs(never.kl - 0.3) < 0.01 && never.evaluations <= 15);
  // a jump over the target
  const jump = await strengthFor((s) => (s < 7 ? 0.2 : 5), search);
  assert.equal(jump.reached, false);
  assert.equal(jump.kl, 0.2);
  assert.equal(jump.evaluations, 15);
});
