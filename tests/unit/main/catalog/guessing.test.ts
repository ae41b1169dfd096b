import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { guessHash, guessLabels } from '../../../../src/main/catalog/guessing.ts';
import { openCatalogReader } from '../../../../src/main/catalog/opening.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { labelCatalog } from '../../../support/label-catalog.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-guess-'));
const path = join(folder, 'c.loupe');
labelCatalog(path);
const db = openCatalogReader(path);
after(() => {
  db.close();
  rmSync(folder, { recursive: true });
});
const options = { source: 1, labeller: 'rule', seed: 0, fuzzing: true, indices: Int32Array.of(0, 1, 3) };

test('features that are known get their rules, with scores over both kinds of negatives', async () => {
  const { guesses, tooRare, unexplained, judge } = await guessLabels(db, { ...options, floor: true, show: true });
  assert.deepEqual(guesses.map(({ index, text, family }) => [index, text, family]), [[0, 'token "w5x"', 'token'], [1, 'tokens after "w9x"', 'previous token']]);
  assert.deepEqual([tooRare, unexplained, judge], [1, 0, 'rule/1']);
  const [first] = guesses;
  assert.deepEqual(first!.scores.map(({ scorer, negatives }) => [scorer, negatives]), [['detection', 'random'], ['detection', 'neighbours'], ['fuzzing', 'random']]);
  const [random, , fuzzing] = first!.scores;
  assert.ok(random!.value > 0.95 && random!.low <= random!.value && random!.value <= random!.high && random!.n > 20, JSON.stringify(random));
  assert.ok(fuzzing!.value > 0.95);
  // Feature 0 fires at about 1 of 200 words: a window of 32 has it in 1 - .995^32 = 15 % of cases.
  assert.ok(Math.abs(random!.mayFire - 0.15) < 0.03, String(random!.mayFire));
  assert.match(first!.windows![0]!, /<< w5x>>/);
});

test('labels of other features say little: the floor', async () => {
  const { floor, guesses } = await guessLabels(db, { ...options, floor: true });
  assert.equal(floor.length, 2);
  for (const [i, value] of floor.entries()) assert.ok(value + 0.15 <= guesses[i]!.scores[0]!.value, `${value}`);
});

test('the same seed gives the same guesses, batch by batch or at once', async () => {
  const whole = await guessLabels(db, options);
  const parts = [await guessLabels(db, { ...options, indices: Int32Array.of(0) }), await guessLabels(db, { ...options, indices: Int32Array.of(1, 3) })];
  assert.deepEqual(parts.flatMap(({ guesses }) => guesses), whole.guesses);
});

test('the hash tells labellers and seeds apart; an unknown labeller is refused', async () => {
  assert.notEqual(guessHash({ labeller: 'rule', seed: 0 }), guessHash({ labeller: 'rule', seed: 1 }));
  await assert.rejects(guessLabels(db, { ...options, labeller: 'oracle' }), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-config');
});
