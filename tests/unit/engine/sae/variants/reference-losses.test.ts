import { test } from 'node:test';
import { eachBackend } from '../../../../support/backends.ts';
import { assertLosses, keptLossCases } from '../../../../support/loss-fixtures.ts';

test("losses and gradients are those that dictionary_learning's trainers have at the same weights", async (t) => {
  await eachBackend(t, () => assertLosses(keptLossCases()));
});
