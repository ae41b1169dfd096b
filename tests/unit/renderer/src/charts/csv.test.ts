import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCsv } from '../../../../../src/renderer/src/charts/csv.ts';

test('cells are separated by commas, lines by CRLF, gaps are empty', () => {
  assert.equal(toCsv({ columns: ['step', 'fvu'], rows: [[1, 0.5], [2, null], [3, Number.NaN]] }), 'step,fvu\r\n1,0.5\r\n2,\r\n3,\r\n');
});

test('quotes, commas and newlines are quoted', () => {
  assert.equal(toCsv({ columns: ['a'], rows: [['x,"y"\n']] }), 'a\r\n"x,""y""\n"\r\n');
});

test('text that a spreadsheet would run is disarmed, numbers are not', () => {
  assert.equal(toCsv({ columns: ['a', 'b'], rows: [['=1+1', -2]] }), "a,b\r\n'=1+1,-2\r\n");
});
