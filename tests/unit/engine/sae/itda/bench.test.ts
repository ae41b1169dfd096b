import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchItda } from '../../../../../src/engine/sae/itda/bench.ts';
import { absent } from '../../../../support/backend.ts';

test('the bench goes over the tokens that it is asked for, and says what it built', { skip: await absent('tensorflow') }, async () => {
  const lines: string[] = [];
  const settings = { tokens: 500, d: 16, dSae: 40, k: 4, tau: 0.2, batch: 200, features: 20, active: 2, seed: 0 };
  const figures = await benchItda(settings, (line) => lines.push(line));
  const atoms = figures['atoms'] as number;
  assert.ok(atoms >= 16 && atoms <= 40, String(atoms));
  assert.equal(figures['tokens'], 500);
  assert.ok((figures['mean_steps'] as number) > 0 && (figures['mean_steps'] as number) <= 4);
  assert.match(lines[0]!, /^200 tokens: \d+ atoms/);
});
