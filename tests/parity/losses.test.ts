/** Losses of the standard variants beside those of the installed dictionary_learning. */
import { test } from 'node:test';
import { useBackend } from '../support/backends.ts';
import { assertLosses } from '../support/loss-fixtures.ts';
import type { LossCases } from '../support/loss-fixtures.ts';
import { runPython } from './python.ts';

test('losses and gradients are those of dictionary_learning, whose figures of now npm test keeps', async () => {
  await useBackend('tensorflow');
  assertLosses(JSON.parse(await runPython('losses_reference.py')) as LossCases);
});
