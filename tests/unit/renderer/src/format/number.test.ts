import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, compact, count, fixed, percent, plural, signed, significant } from '../../../../../src/renderer/src/format/number.ts';

test('whole numbers have thousands separators', () => {
  assert.equal(count(4608), '4,608');
  assert.equal(count(Number.NaN), '–');
});

test('large numbers keep three figures and a unit letter', () => {
  assert.equal(compact(9999), '9,999');
  assert.equal(compact(48_311), '48.3 k');
  assert.equal(compact(1_200_000), '1.20 M');
  assert.equal(compact(-134_500_000), '−135 M');
});

test('significant figures, scientific only where it must be', () => {
  assert.equal(significant(0.18234), '0.182');
  assert.equal(significant(28.889, 4), '28.89');
  assert.equal(significant(49_776.4), '49,776');
  assert.equal(significant(0.000012), '1.20e−5');
  assert.equal(significant(-0.5), '−0.500');
  assert.equal(significant(0), '0');
  assert.equal(significant(null), '–');
  assert.equal(significant(Number.NaN), '–');
  assert.equal(significant(Infinity), '∞');
});

test('shares are percentages, and a tiny one is not rounded to nothing', () => {
  assert.equal(percent(0.00123), '0.123 %');
  assert.equal(percent(0.000001), '< 0.001 %');
  assert.equal(percent(0), '0 %');
  assert.equal(percent(null), '–');
});

test('signs are written out, with a true minus', () => {
  assert.equal(signed(2.4), '+2.40');
  assert.equal(signed(-2.4), '−2.40');
  assert.equal(fixed(0.7204, 3), '0.720');
});

test('bytes are in decimal units', () => {
  assert.equal(bytes(0), '0 B');
  assert.equal(bytes(999), '999 B');
  assert.equal(bytes(98_200_000), '98.2 MB');
  assert.equal(bytes(412e9), '412 GB');
});

test('one thing is singular', () => {
  assert.equal(plural(1, 'feature'), '1 feature');
  assert.equal(plural(4608, 'feature'), '4,608 features');
});
