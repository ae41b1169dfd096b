import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreementOf, cohensKappa } from '../../../../src/engine/labelling/agreement.ts';

const close = (actual: number | null, expected: number): void => assert.ok(actual !== null && Math.abs(actual - expected) < 1e-9, `${actual} instead of ${expected}`);

test('kappa by hand: 20 and 15 agreements, 5 and 10 differences', () => {
  // po = 35/50 = .7; rows .5, .5; columns .6, .4; pe = .5*.6 + .5*.4 = .5; kappa = .2/.5 = .4.
  const { kappa, low, high, observed, n } = cohensKappa(Float64Array.of(20, 5, 10, 15), 2);
  close(kappa, 0.4);
  close(observed, 0.7);
  assert.equal(n, 50);
  // Variance by eq. 13: same = .4*(.5 - 1.1*.3)^2 + .3*(.5 - .9*.3)^2 = .4*.0289 + .3*.0529 = .02743;
  // apart = .09 * [ .1*(column 0 + row 1)^2 + .2*(column 1 + row 0)^2 ] = .09 * [ .1*1.21 + .2*.81 ] = .02547;
  // last = (.35 - 1 + .7)^2 = .0025; (.02743 + .02547 - .0025) / .5^4 / 50 = .016128; 1.96 * .126996 = .248907.
  const margin = 1.959964 * Math.sqrt(0.016128);
  close(low, 0.4 - margin);
  close(high, 0.4 + margin);
});

test('full agreement is 1, agreement as by chance 0, systematic difference negative', () => {
  const full = cohensKappa(Float64Array.of(10, 0, 0, 10), 2);
  assert.deepEqual([full.kappa, full.low, full.high], [1, 1, 1]);
  assert.equal(cohensKappa(Float64Array.of(5, 5, 5, 5), 2).kappa, 0);
  assert.equal(cohensKappa(Float64Array.of(0, 5, 5, 0), 2).kappa, -1);
});

test('three categories by hand', () => {
  // 6 of 9 agree: po = 2/3; rows and columns all 1/3: pe = 1/3; kappa = .5.
  close(cohensKappa(Float64Array.of(2, 1, 0, 0, 2, 1, 1, 0, 2), 3).kappa, 0.5);
});

test('where kappa means nothing it says why', () => {
  const none = cohensKappa(new Float64Array(0), 0);
  assert.deepEqual([none.kappa, none.observed, none.n], [null, null, 0]);
  assert.match(none.note!, /No feature/);
  const one = cohensKappa(Float64Array.of(7), 1);
  assert.deepEqual([one.kappa, one.observed, one.n], [null, 1, 7]);
  assert.match(one.note!, /one and the same family/);
  assert.match(cohensKappa(Float64Array.of(1, 0, 0, 1), 2).note!, /Only 2 features/);
});

test('one who gives always the same family cannot agree beyond chance', () => {
  // Row (8, 2), (0, 0): po = .8, pe = .8.
  assert.equal(cohensKappa(Float64Array.of(8, 2, 0, 0), 2).kappa, 0);
});

test('pairs: text and family are compared where both have one, case aside', () => {
  const rate = (author: string, feature: number, text: string, family: string) => ({ author, feature, text, family });
  const pairs = agreementOf([
    rate('Ada', 0, 'red', 'Topic'), rate('Bo', 0, 'Red ', 'topic'), rate('Ada', 1, 'x', 'token'), rate('Bo', 1, 'y', 'topic'),
    rate('Ada', 2, 'z', ''), rate('Bo', 2, 'z', 'token'), rate('Cy', 9, 'alone', 'token'),
  ]);
  assert.equal(pairs.length, 1);
  const [pair] = pairs;
  assert.deepEqual([pair!.authors, pair!.both, pair!.sameText, pair!.n, pair!.categories], [['Ada', 'Bo'], 3, 2, 2, ['token', 'topic']]);
  assert.deepEqual([...pair!.table.data], [0, 1, 0, 1]);
});
