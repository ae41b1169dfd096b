/** Figures that look like success and are none (metrics.md section 6, rule 4). */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { randomControl, shuffledControl } from '../../../support/negative-controls.ts';

before(async () => void (await loadBackend()));

test('a dictionary trained on shuffled activations recovers nothing', { timeout: 170_000 }, async (t) => {
  const { frr } = await shuffledControl(t, 0, 800);
  t.diagnostic(`FRR ${frr}`);
  assert.ok(frr <= 0.02, `FRR ${frr}`);
});

test('random directions with a good encoder reconstruct well and recover nothing: FVU alone is no recovery', (t) => {
  const { frr, fvu } = randomControl(0);
  t.diagnostic(`FVU ${fvu.toPrecision(3)}, FRR ${frr}`);
  assert.ok(fvu < 0.2 && frr <= 0.05, `FVU ${fvu}, FRR ${frr}`);
});
