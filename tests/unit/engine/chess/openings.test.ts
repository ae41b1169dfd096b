import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldOutShare, isHeldOut, openingOf } from '../../../../src/engine/chess/openings.ts';

const game = ';1.e4 e5 2.Nf3 Nc6 3.Bb5 a6 4.Ba4 Nf6';

test('an opening is the first plies; a shorter game is its own', () => {
  assert.equal(openingOf(game, 3), '1.e4 e5 2.Nf3');
  assert.equal(openingOf(';1.d4', 6), '1.d4');
});

test('games of one opening stay on one side; the share of openings is held out, and another salt draws others', () => {
  assert.equal(isHeldOut(game, 0.5), isHeldOut(`${openingOf(game, 6).replace(/^/u, ';')} 4.d4`, 0.5));
  const openings = Array.from({ length: 4000 }, (_, i) => `;1.e${i} e5 2.Nf3 Nc6 3.Bb5 a6`);
  const share = openings.filter((opening) => isHeldOut(opening)).length / openings.length;
  assert.ok(Math.abs(share - heldOutShare) < 0.02, String(share));
  const both = openings.filter((opening) => isHeldOut(opening, 0.5) && isHeldOut(opening, 0.5, 'b')).length / openings.length;
  assert.ok(Math.abs(both - 0.25) < 0.03, String(both));
});
